// One header or trailer field line (RFC 9112 section 5).
#pragma once

#include <optional>
#include <string_view>

namespace pollux::http {

struct FieldLine {
  std::string_view name;
  std::string_view value;  // Without the whitespace around it.
};

// `line`: without its CRLF. std::nullopt, which means 400: no colon, whitespace before the colon, an empty or
// malformed name, a control character in the value, or a continuation of the previous line (obs-fold, RFC
// 9112 5.2).
[[nodiscard]] std::optional<FieldLine> parse_field_line(std::string_view line);

// Whether a field of that name concerns a single HTTP/1.1 connection (hop-by-hop), so that HTTP/2 must not
// have it (RFC 9113 8.2.2). TE is not among them: HTTP/2 has it with the value "trailers".
[[nodiscard]] bool is_of_connection(std::string_view name);

}  // namespace pollux::http
