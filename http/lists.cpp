#include "http/lists.h"

#include <algorithm>
#include <cstddef>

#include "http/chars.h"

namespace pollux::http {

namespace {

// The end of the first element of `text`: a comma outside of a quoted-string, or the end of the text.
std::size_t element_end(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == ',' && !quoted) return i;
    if (text[i] == '\\' && quoted) ++i;  // quoted-pair
  }
  return text.size();
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  return lower;
}

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

std::string_view trim_ows(std::string_view text) {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> ListReader::next() {
  while (!rest_.empty()) {
    const std::size_t end = element_end(rest_);
    const std::string_view element = trim_ows(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

bool has_token(std::string_view list, std::string_view token) {
  ListReader elements(list);
  while (const auto element = elements.next()) {
    if (equals_ignoring_case(*element, token)) return true;
  }
  return false;
}

std::optional<unsigned> parse_qvalue(std::string_view text) {
  constexpr std::size_t kLongest = 5;  // "0.123"
  if (text.empty() || text.size() > kLongest || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  unsigned value = 0;
  for (const std::size_t place : {0U, 2U, 3U, 4U}) {
    const char digit = place < text.size() ? text[place] : '0';
    if (!is_digit(digit)) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(digit - '0');
  }
  return value <= 1000 ? std::optional(value) : std::nullopt;
}

}  // namespace pollux::http
