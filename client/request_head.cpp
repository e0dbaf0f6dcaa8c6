#include "client/request_head.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

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

// RFC 9110 8.6: the length of a body that the method suggests is announced even if it is empty.
bool announces_length(const Request& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

// The fields added to the caller's, except Host.
HeaderFields added_fields(const Exchange& exchange) {
  const Request& request = exchange.request;
  HeaderFields fields;
  if (exchange.decodes && find_field(request.fields, "Accept-Encoding") == nullptr) {
    fields.push_back({"Accept-Encoding", std::string(ContentDecoder::kCodings)});
  }
  if (!exchange.cookie.empty() && find_field(request.fields, "Cookie") == nullptr) {
    fields.push_back({"Cookie", exchange.cookie});
  }
  if (request.source) {
    if (const auto length = exchange.upload.length())
      fields.push_back({"Content-Length", std::to_string(*length)});
  } else if (announces_length(request)) {
    fields.push_back({"Content-Length", std::to_string(request.body.size())});
  }
  return fields;
}

void append_field(std::string& text, const HeaderField& field) {
  text.append(field.name).append(": ").append(field.value).append("\r\n");
}

// RFC 9110 7.6.1: the fields that Connection names concern this connection only, too.
bool is_named_by_connection(const HeaderField& field, const HeaderFields& all) {
  return std::any_of(all.begin(), all.end(), [&](const HeaderField& other) {
    return is_named(other, {"Connection"}) && http::has_token(other.value, field.name);
  });
}

}  // namespace

std::string format_request(const Exchange& exchange) {
  const Request& request = exchange.request;
  const std::string target = exchange.by_proxy ? exchange.url.to_string() : exchange.url.target;
  std::string text = request.method + " " + target + " HTTP/1.1\r\n";
  if (find_field(request.fields, "Host") == nullptr) append_field(text, {"Host", exchange.url.authority()});
  for (const HeaderField& field : request.fields) append_field(text, field);
  for (const HeaderField& field : added_fields(exchange)) append_field(text, field);
  if (exchange.by_proxy && !exchange.proxy_authorization.empty()) {
    append_field(text, {"Proxy-Authorization", exchange.proxy_authorization});
  }
  if (request.source && !exchange.upload.length()) append_field(text, {"Transfer-Encoding", "chunked"});
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
  for (HeaderField& field : added_fields(exchange)) {
    fields.push_back({http::in_lower_case(field.name), std::move(field.value)});
  }
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
