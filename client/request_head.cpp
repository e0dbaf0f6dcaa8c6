#include "client/request_head.h"

#include <algorithm>
#include <initializer_list>

#include "http/field_line.h"
#include "http/lists.h"

namespace pollux::client {

namespace {

bool is_named(const HeaderField& field, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return http::equals_ignoring_case(field.name, name); });
}

const HeaderField* find_field(const HeaderFields& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const HeaderField& field) { return is_named(field, {name}); });
  return found == fields.end() ? nullptr : &*found;
}

// RFC 9110 8.6: a body whose absence would be a surprise is announced even if it is empty.
bool announces_length(const Request& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

// RFC 9110 7.6.1: fields that Connection names are of this connection as well.
bool is_named_by_connection(const HeaderField& field, const HeaderFields& all) {
  return std::any_of(all.begin(), all.end(), [&](const HeaderField& other) {
    return is_named(other, {"Connection"}) && http::has_token(other.value, field.name);
  });
}

}  // namespace

std::string format_request(const Exchange& exchange) {
  const Request& request = exchange.request;
  std::string text = request.method + " " + exchange.url.target + " HTTP/1.1\r\n";
  if (find_field(request.fields, "Host") == nullptr)
    text.append("Host: ").append(exchange.url.authority()).append("\r\n");
  for (const auto& [name, value] : request.fields)
    text.append(name).append(": ").append(value).append("\r\n");
  if (announces_length(request))
    text.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  return text.append("\r\n").append(request.body);
}

HeaderFields http2_fields(const Exchange& exchange) {
  const Request& request = exchange.request;
  const HeaderField* host = find_field(request.fields, "Host");
  HeaderFields fields = {{":method", request.method},
                         {":scheme", exchange.url.https ? "https" : "http"},
                         {":authority", host == nullptr ? exchange.url.authority() : host->value},
                         {":path", exchange.url.target}};
  for (const HeaderField& field : request.fields) {
    if (is_named(field, {"Host"}) || is_of_connection(field)) continue;
    if (is_named_by_connection(field, request.fields) && !is_named(field, {"TE"})) continue;
    fields.push_back({http::in_lower_case(field.name), std::string(http::trim_ows(field.value))});
  }
  if (announces_length(request)) fields.push_back({"content-length", std::to_string(request.body.size())});
  return fields;
}

bool is_of_connection(const HeaderField& field) {
  if (is_named(field, {"TE"})) return !http::equals_ignoring_case(http::trim_ows(field.value), "trailers");
  return http::is_of_connection(field.name);
}

bool asks_to_close(const HeaderFields& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const HeaderField& field) {
    return is_named(field, {"Connection"}) && http::has_token(field.value, "close");
  });
}

}  // namespace pollux::client
