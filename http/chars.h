// Classes of octets, by one look-up in a table.
//
// The names are those of the grammars: RFC 9110 sections 5.5 and 5.6 (tchar, field-vchar), 8.8.3 (etagc), RFC
// 3986 sections 2 and 3 (unreserved, reg-name, path and query). <cctype> does not fit: it depends on the
// locale, and is undefined for negative chars.
//
// Pure functions of values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pollux::http {

namespace chars {

// One bit for each class. All classes share one table of 512 octets, which stays in the cache.
inline constexpr std::uint16_t kDigit = 1U << 0U;
inline constexpr std::uint16_t kHex = 1U << 1U;
inline constexpr std::uint16_t kTchar = 1U << 2U;
inline constexpr std::uint16_t kFieldVchar = 1U << 3U;
inline constexpr std::uint16_t kFieldOctet = 1U << 4U;
inline constexpr std::uint16_t kEtagc = 1U << 5U;
inline constexpr std::uint16_t kUnreserved = 1U << 6U;
inline constexpr std::uint16_t kRegName = 1U << 7U;
inline constexpr std::uint16_t kPath = 1U << 8U;
inline constexpr std::uint16_t kQuery = 1U << 9U;

constexpr bool contains(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

constexpr std::uint16_t classes_of(unsigned octet) {
  const char c = static_cast<char>(octet);
  const bool digit = octet >= '0' && octet <= '9';
  const bool alpha = (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
  const bool vchar = octet > 0x20 && octet < 0x7F;
  const bool obs_text = octet >= 0x80;
  const bool unreserved = alpha || digit || contains("-._~", c);
  const bool reg_name = unreserved || contains("!$&'()*+,;=", c);
  // Outside the RFC's grammar, but browsers send them unescaped: see uri.h.
  const bool raw = contains("[]{}|\\^`", c);
  const bool path = reg_name || raw || contains(":@/%", c);
  const auto bit = [](bool member, std::uint16_t flag) { return member ? flag : std::uint16_t{0}; };
  unsigned bits = bit(digit, kDigit);
  bits |= bit(digit || (octet >= 'a' && octet <= 'f') || (octet >= 'A' && octet <= 'F'), kHex);
  bits |= bit(alpha || digit || contains("!#$%&'*+-.^_`|~", c), kTchar);
  bits |= bit(vchar || obs_text, kFieldVchar);
  bits |= bit(vchar || obs_text || octet == ' ' || octet == '\t', kFieldOctet);
  bits |= bit((vchar && octet != '"') || obs_text, kEtagc);
  bits |= bit(unreserved, kUnreserved);
  bits |= bit(reg_name, kRegName);
  bits |= bit(path, kPath);
  bits |= bit(path || octet == '?', kQuery);
  return static_cast<std::uint16_t>(bits);
}

inline constexpr std::array<std::uint16_t, 256> kTable = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned octet = 0; octet < table.size(); ++octet) table[octet] = classes_of(octet);
  return table;
}();

constexpr bool is(char c, std::uint16_t flag) { return (kTable[static_cast<unsigned char>(c)] & flag) != 0; }

}  // namespace chars

constexpr bool is_digit(char c) { return chars::is(c, chars::kDigit); }
constexpr bool is_hex(char c) { return chars::is(c, chars::kHex); }
constexpr bool is_tchar(char c) { return chars::is(c, chars::kTchar); }             // RFC 9110 5.6.2
constexpr bool is_field_vchar(char c) { return chars::is(c, chars::kFieldVchar); }  // RFC 9110 5.5
constexpr bool is_field_octet(char c) { return chars::is(c, chars::kFieldOctet); }  // The same, SP and HTAB
constexpr bool is_etagc(char c) { return chars::is(c, chars::kEtagc); }             // RFC 9110 8.8.3
constexpr bool is_unreserved(char c) { return chars::is(c, chars::kUnreserved); }   // RFC 3986 2.3
constexpr bool is_reg_name_octet(char c) { return chars::is(c, chars::kRegName); }  // RFC 3986 3.2.2, no '%'
constexpr bool is_path_octet(char c) { return chars::is(c, chars::kPath); }         // With '/' and '%'
constexpr bool is_query_octet(char c) { return chars::is(c, chars::kQuery); }       // The same and '?'
constexpr bool is_ows(char c) { return c == ' ' || c == '\t'; }                     // RFC 9110 5.6.3

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// -1 when `c` is no hexadecimal digit.
constexpr int hex_value(char c) {
  if (!is_hex(c)) return -1;
  return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10;
}

// True for the empty string, too.
constexpr bool all_of(std::string_view text, bool (*predicate)(char)) {
  for (const char c : text) {
    if (!predicate(c)) return false;
  }
  return true;
}

constexpr bool is_token(std::string_view text) { return !text.empty() && all_of(text, is_tchar); }

}  // namespace pollux::http
