#include "http/field_lines.h"

#include "http/lists.h"

namespace pollux::http {

void FieldLines::add(std::string_view name, std::string_view value) {
  text_.append(name).append(": ").append(value).append("\r\n");
}

void FieldLines::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void FieldLines::remove(std::string_view name) {
  std::string kept;
  std::string_view rest = text_;
  while (!rest.empty()) {
    const std::string_view before = rest;
    if (!equals_ignoring_case(take_line(rest).first, name))
      kept += before.substr(0, before.size() - rest.size());
  }
  text_ = std::move(kept);
}

std::optional<std::string_view> FieldLines::find_in(std::string_view lines, std::string_view name) {
  while (!lines.empty()) {
    const auto [line_name, value] = take_line(lines);
    if (equals_ignoring_case(line_name, name)) return value;
  }
  return std::nullopt;
}

std::pair<std::string_view, std::string_view> FieldLines::take_line(std::string_view& lines) {
  const std::size_t end = lines.find("\r\n");
  const std::string_view line = lines.substr(0, end);
  lines.remove_prefix(end + 2);
  const std::size_t colon = line.find(": ");
  return {line.substr(0, colon), line.substr(colon + 2)};
}

}  // namespace pollux::http
