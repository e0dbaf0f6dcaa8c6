#include "log/escape.h"

#include <array>
#include <cstddef>

namespace pollux::log {

namespace {

enum class Style { kControls, kQuoted, kJson };

constexpr bool is_plain(Style style, unsigned char octet) {
  if (octet < 0x20 || octet >= 0x7F) return false;
  return style == Style::kControls || (octet != '"' && octet != '\\');
}

template <Style style>
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> table{};
  for (std::size_t octet = 0; octet < table.size(); ++octet)
    table[octet] = is_plain(style, static_cast<unsigned char>(octet));
  return table;
}();

unsigned char octet_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

// Octets of the well-formed UTF-8 sequence `text` starts with (RFC 3629, section 4), or 0.
// 0 also for the C1 control characters, of which some terminals take U+009B for "escape [".
// REQUIRES: the first octet is above 0x7F.
std::size_t utf8_length(std::string_view text) {
  const unsigned char lead = octet_at(text, 0);
  const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                             : lead >= 0xE0 && lead <= 0xEF ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  // The second octet rules out C1 controls, overlong forms, surrogates, and what is above U+10FFFF.
  const unsigned char low = lead == 0xC2 || lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (octet_at(text, 1) < low || octet_at(text, 1) > high) return 0;
  for (std::size_t at = 2; at < length; ++at)
    if ((octet_at(text, at) & 0xC0) != 0x80) return 0;
  return length;
}

template <typename Out>
void append(Out& out, std::string_view octets) {
  out.append(octets.data(), octets.data() + octets.size());
}

template <Style style, typename Out>
void append_escaped(Out& out, unsigned char octet) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const char high = kDigits[octet >> 4U];
  const char low = kDigits[octet & 0xFU];
  if constexpr (style != Style::kJson) {
    const char text[] = {'\\', 'x', high, low};
    append(out, {text, sizeof text});
  } else if (octet == '"' || octet == '\\') {
    const char text[] = {'\\', static_cast<char>(octet)};
    append(out, {text, sizeof text});
  } else if (octet >= 0x80) {
    append(out, "\\ufffd");
  } else {
    const char text[] = {'\\', 'u', '0', '0', high, low};
    append(out, {text, sizeof text});
  }
}

// Copies runs of harmless octets, and escapes the octets between the runs.
template <Style style, typename Out>
void escape_to(Out& out, std::string_view text) {
  std::size_t run = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const unsigned char octet = octet_at(text, at);
    const std::size_t keep = kPlain<style>[octet] ? 1 : octet < 0x80 ? 0 : utf8_length(text.substr(at));
    if (keep > 0) {
      at += keep;
      continue;
    }
    append(out, text.substr(run, at - run));
    append_escaped<style>(out, octet);
    run = ++at;
  }
  append(out, text.substr(run));
}

}  // namespace

void escape(std::string& out, std::string_view text) { escape_to<Style::kQuoted>(out, text); }
void escape_controls(LineBuffer& out, std::string_view text) { escape_to<Style::kControls>(out, text); }
void escape_json(std::string& out, std::string_view text) { escape_to<Style::kJson>(out, text); }

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  escape_json(quoted, text);
  return quoted + '"';
}

std::string printable(std::string_view text) {
  LineBuffer escaped;
  escape_controls(escaped, text);
  return std::string(view(escaped));
}

}  // namespace pollux::log
