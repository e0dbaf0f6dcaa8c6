#include "http/https_redirect.h"

#include <fmt/format.h>

#include "http/uri.h"

namespace pollux::http {

namespace {

constexpr std::string_view kNoCertificate =
    "This server has no certificate for the name in the request, so there is no https to be sent to.";

}  // namespace

Response HttpsRedirect::answer(const Request& request, const Now& now) {
  const Target& uri = request.uri;
  const std::string_view host = request.host();
  if (!is_ours_(host)) {
    return hosts_.of(request).errors.make(Status::kMisdirectedRequest, now, kNoCertificate);
  }

  const bool ipv6 = host.find(':') != std::string_view::npos;
  std::string location = fmt::format("https://{}{}{}", ipv6 ? "[" : "", host, ipv6 ? "]" : "");
  if (port_ != kHttps) location += fmt::format(":{}", port_);
  location += uri.path.empty() ? "/" : uri.path;
  if (uri.has_query) location.append("?").append(uri.query);

  Response response;
  response.status = Status::kPermanentRedirect;
  response.add_field("Location", location);
  response.add_content_length();
  return response;
}

}  // namespace pollux::http
