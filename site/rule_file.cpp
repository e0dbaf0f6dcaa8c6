#include "site/rule_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/lists.h"

namespace pollux::site {

namespace {

constexpr std::size_t kShownOctets = 80;

bool is_control(char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7F'; }

std::string problem_of(std::string_view line) {
  if (line.size() > kMaxLineOctets) return fmt::format("the line is longer than {} octets", kMaxLineOctets);
  if (std::any_of(line.begin(), line.end(), is_control)) return "there is a control character in the line";
  return {};
}

}  // namespace

void RuleErrors::add(int line, std::string message) {
  if (errors_.size() < kMaxErrors) {
    errors_.push_back({line, std::move(message)});
  } else if (errors_.size() == kMaxErrors) {
    errors_.push_back({line, "there are more errors, from this line on"});
  }
}

LineReader::LineReader(std::string_view text) : rest_(text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
}

std::optional<LineReader::Line> LineReader::next() {
  while (!rest_.empty()) {
    const std::size_t end = rest_.find('\n');
    std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    if (text.ends_with('\r')) text.remove_suffix(1);
    text = http::trim_ows(text);
    if (!text.empty() && !text.starts_with('#')) return Line{number_, text, problem_of(text)};
  }
  return std::nullopt;
}

std::string in_quotes(std::string_view text) {
  std::string shown = "\"";
  for (const char c : text.substr(0, kShownOctets)) {
    if (is_control(c) || c == '\t') {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      shown += c;
    }
  }
  return shown + (text.size() > kShownOctets ? "...\"" : "\"");
}

}  // namespace pollux::site
