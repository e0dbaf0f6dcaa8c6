#include "http/response.h"

namespace pollux::http {

namespace {

constexpr std::string_view kServer = "Server: pollux\r\nDate: ";

std::string_view connection_field(const WriteOptions& options) {
  if (!options.keep_alive) return "Connection: close\r\n\r\n";
  return options.http10 ? "Connection: keep-alive\r\n\r\n" : "\r\n";
}

}  // namespace

void Response::add_field(std::string_view name, std::string_view value) {
  fields.append(name).append(": ").append(value).append("\r\n");
}

void Response::add_content_length() { add_field("Content-Length", std::to_string(body_length())); }

std::uint64_t Response::body_length() const {
  std::uint64_t sum = body.size() + length;
  for (const BodyPart& part : parts) sum += part.octets.size() + part.length;
  return sum;
}

std::uint64_t write_response(OutputQueue& out, const Response& response, const WriteOptions& options) {
  out.append({status_line(response.status), kServer, options.date, "\r\n", response.prepared, response.fields,
              options.fields, connection_field(options)});
  if (!options.with_body) return 0;
  out.append(response.body);
  if (response.length > 0) out.append(response.file, response.offset, response.length);
  for (const BodyPart& part : response.parts) {
    out.append(part.octets);
    if (part.length > 0) out.append(response.file, part.offset, part.length);
  }
  return response.body_length();
}

}  // namespace pollux::http
