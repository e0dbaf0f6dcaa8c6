#include "http/field_line.h"

#include <algorithm>
#include <array>

#include "http/chars.h"
#include "http/lists.h"

namespace pollux::http {

namespace {

constexpr std::array<std::string_view, 5> kOfConnection = {"connection", "keep-alive", "proxy-connection",
                                                           "transfer-encoding", "upgrade"};

}  // namespace

std::optional<FieldLine> parse_field_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const FieldLine field{line.substr(0, colon), trim_ows(line.substr(colon + 1))};
  if (!is_token(field.name) || !all_of(field.value, is_field_octet)) return std::nullopt;
  return field;
}

bool is_of_connection(std::string_view name) {
  return std::any_of(kOfConnection.begin(), kOfConnection.end(),
                     [name](std::string_view known) { return equals_ignoring_case(name, known); });
}

}  // namespace pollux::http
