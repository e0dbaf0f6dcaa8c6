// Field values as lists, and the comparisons that go with them (RFC 9110 sections 5.6.1 to 5.6.4).
//
//   Connection: keep-alive, , Upgrade        two elements; the empty one does not count (5.6.1.2)
//   Cache-Control: private="a, b", no-store  two elements; a comma in a quoted-string separates nothing
//
// Values of repeated field lines are one list once the caller has joined them by ", " (5.3). Views point into
// the given value, and only in_lower_case() allocates.
//
// Pure functions of values; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pollux::http {

// For ASCII letters only, whatever the locale: field names, tokens, schemes and host names.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] bool ends_with_ignoring_case(std::string_view text, std::string_view end);
[[nodiscard]] std::string in_lower_case(std::string_view text);

// Without the spaces and tabs at both ends.
[[nodiscard]] std::string_view trim_ows(std::string_view text);

// The elements of a #rule list, one after the other, trimmed. Empty ones are skipped. An unterminated
// quoted-string reaches to the end of the value: its inside yields no element.
class ListReader {
 public:
  explicit ListReader(std::string_view value) : rest_(value) {}

  // std::nullopt at the end of the list.
  [[nodiscard]] std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

// Whether one element of the list is `token`, ignoring case. An element with parameters ("close;x=1") is a
// different element.
[[nodiscard]] bool has_token(std::string_view list, std::string_view token);

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), in thousandths (RFC 9110 12.4.2).
// std::nullopt: it is malformed.
[[nodiscard]] std::optional<unsigned> parse_qvalue(std::string_view text);

}  // namespace pollux::http
