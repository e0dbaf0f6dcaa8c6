// One header or trailer field line (RFC 9112 section 5).
#pragma once

#include <optional>
#include <string_view>

namespace pollux::http {

struct FieldLine {
  std::string_view name;
  std::string_view value;  // Without the whitespace around it.
};

// `line` without its CRLF. std::nullopt, which means 400: no colon, whitespace before the colon, an
// empty or malformed name, a control character in the value, or the continuation of the line
// before (obs-fold, RFC 9112 5.2).
[[nodiscard]] std::optional<FieldLine> parse_field_line(std::string_view line);

}  // namespace pollux::http
