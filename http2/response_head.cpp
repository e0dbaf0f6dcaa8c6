#include "http2/response_head.h"

#include "http/field_line.h"
#include "http/field_lines.h"

namespace pollux::http2 {

namespace {

constexpr std::size_t kUsualFields = 20;

std::uint8_t* octets(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 writes nothing.
}

}  // namespace

ResponseHead::ResponseHead(http::Status status) : status_(std::to_string(http::code(status))) {
  add(":status", status_);
}

ResponseHead::ResponseHead(const http::Response& response, std::string_view date, std::string_view common)
    : ResponseHead(response.status) {
  fields_.reserve(kUsualFields);
  add("server", "pollux");
  add("date", date);
  add_lines(response.prepared);
  add_lines(response.fields.text());
  add_lines(common);
}

void ResponseHead::add(std::string_view name, std::string_view value) {
  fields_.push_back({octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
}

void ResponseHead::add_lines(std::string_view lines) {
  while (!lines.empty()) {
    const auto [name, value] = http::FieldLines::take_line(lines);
    if (!http::is_of_connection(name)) add(name, value);
  }
}

}  // namespace pollux::http2
