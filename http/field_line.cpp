#include "http/field_line.h"

#include "http/chars.h"
#include "http/lists.h"

namespace pollux::http {

std::optional<FieldLine> parse_field_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const FieldLine field{line.substr(0, colon), trim_ows(line.substr(colon + 1))};
  if (!is_token(field.name) || !all_of(field.value, is_field_octet)) return std::nullopt;
  return field;
}

}  // namespace pollux::http
