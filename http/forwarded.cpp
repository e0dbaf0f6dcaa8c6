#include "http/forwarded.h"

#include "http/lists.h"

namespace pollux::http {

namespace {

// Removes and returns the text after the last separator outside of quotes. std::nullopt: quotes do not match.
// None of the parameters read here needs a quoted-pair.
std::optional<std::string_view> take_last(std::string_view& text, char separator) {
  bool quoted = false;
  std::size_t begin = text.size();
  while (begin > 0 && (quoted || text[begin - 1] != separator)) {
    --begin;
    if (text[begin] == '\\') return std::nullopt;
    if (text[begin] == '"') quoted = !quoted;
  }
  if (quoted) return std::nullopt;
  const std::string_view last = text.substr(begin);
  text = text.substr(0, begin == 0 ? 0 : begin - 1);
  return trim_ows(last);
}

std::string_view without_quotes(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

// node (section 6): an address, perhaps with a port. The parser of addresses judges other texts.
std::string_view host_of_node(std::string_view node) {
  if (node.starts_with('[')) return node.substr(1, node.find(']') - 1);
  return node.substr(0, node.find(':'));
}

}  // namespace

std::optional<ForwardedElement> ForwardedReader::previous() {
  if (rest_.empty()) return std::nullopt;
  auto element = take_last(rest_, ',');
  ForwardedElement result;
  while (element && !element->empty()) {
    const auto pair = take_last(*element, ';');
    if (!pair) return std::nullopt;
    const std::size_t equals = pair->find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = pair->substr(0, equals);
    const std::string_view value = without_quotes(pair->substr(equals + 1));
    if (equals_ignoring_case(name, "for")) result.client = host_of_node(value);
    if (equals_ignoring_case(name, "proto")) result.scheme = value;
  }
  return element ? std::optional(result) : std::nullopt;
}

}  // namespace pollux::http
