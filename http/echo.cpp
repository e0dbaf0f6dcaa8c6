#include "http/echo.h"

#include <limits>
#include <string>
#include <string_view>

namespace pollux::http {

namespace {

constexpr std::string_view kEchoMethods = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH";
constexpr std::string_view kUnknownType = "application/octet-stream";

}  // namespace

std::uint64_t Echo::max_body(const Request& request) const {
  const bool wanted = request.method != Method::kTrace && request.method != Method::kOptions;
  return wanted ? std::numeric_limits<std::uint64_t>::max() : 0;
}

Response Echo::answer(const Request& request, const Now& now) {
  if (request.method == Method::kTrace)
    return hosts_.of(request).errors.method_not_allowed(kEchoMethods, now);
  Response response;
  if (request.method == Method::kOptions) {
    response.status = Status::kNoContent;
    response.add_field("Allow", kEchoMethods);
    return response;
  }
  response.body = std::string(request.body);
  response.add_field("Content-Type", request.fields->find(FieldId::kContentType).value_or(kUnknownType));
  response.add_field("Cache-Control", "no-store");
  response.add_field("Content-Disposition", "attachment");
  response.add_field("X-Content-Type-Options", "nosniff");
  response.add_content_length();
  return response;
}

}  // namespace pollux::http
