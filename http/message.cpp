#include "http/message.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pollux::http {

namespace {

struct StatusText {
  Status status;
  std::string_view line;
};

// In the order of their codes.
constexpr std::array kStatusTexts = std::to_array<StatusText>({
    {Status::kContinue, "HTTP/1.1 100 Continue\r\n"},
    {Status::kSwitchingProtocols, "HTTP/1.1 101 Switching Protocols\r\n"},
    {Status::kOk, "HTTP/1.1 200 OK\r\n"},
    {Status::kNoContent, "HTTP/1.1 204 No Content\r\n"},
    {Status::kPartialContent, "HTTP/1.1 206 Partial Content\r\n"},
    {Status::kMovedPermanently, "HTTP/1.1 301 Moved Permanently\r\n"},
    {Status::kFound, "HTTP/1.1 302 Found\r\n"},
    {Status::kSeeOther, "HTTP/1.1 303 See Other\r\n"},
    {Status::kNotModified, "HTTP/1.1 304 Not Modified\r\n"},
    {Status::kTemporaryRedirect, "HTTP/1.1 307 Temporary Redirect\r\n"},
    {Status::kPermanentRedirect, "HTTP/1.1 308 Permanent Redirect\r\n"},
    {Status::kBadRequest, "HTTP/1.1 400 Bad Request\r\n"},
    {Status::kUnauthorized, "HTTP/1.1 401 Unauthorized\r\n"},
    {Status::kForbidden, "HTTP/1.1 403 Forbidden\r\n"},
    {Status::kNotFound, "HTTP/1.1 404 Not Found\r\n"},
    {Status::kMethodNotAllowed, "HTTP/1.1 405 Method Not Allowed\r\n"},
    {Status::kNotAcceptable, "HTTP/1.1 406 Not Acceptable\r\n"},
    {Status::kRequestTimeout, "HTTP/1.1 408 Request Timeout\r\n"},
    {Status::kConflict, "HTTP/1.1 409 Conflict\r\n"},
    {Status::kGone, "HTTP/1.1 410 Gone\r\n"},
    {Status::kPreconditionFailed, "HTTP/1.1 412 Precondition Failed\r\n"},
    {Status::kContentTooLarge, "HTTP/1.1 413 Content Too Large\r\n"},
    {Status::kUriTooLong, "HTTP/1.1 414 URI Too Long\r\n"},
    {Status::kUnsupportedMediaType, "HTTP/1.1 415 Unsupported Media Type\r\n"},
    {Status::kRangeNotSatisfiable, "HTTP/1.1 416 Range Not Satisfiable\r\n"},
    {Status::kExpectationFailed, "HTTP/1.1 417 Expectation Failed\r\n"},
    {Status::kMisdirectedRequest, "HTTP/1.1 421 Misdirected Request\r\n"},
    {Status::kUnprocessableContent, "HTTP/1.1 422 Unprocessable Content\r\n"},
    {Status::kUpgradeRequired, "HTTP/1.1 426 Upgrade Required\r\n"},
    {Status::kTooManyRequests, "HTTP/1.1 429 Too Many Requests\r\n"},
    {Status::kHeaderFieldsTooLarge, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
    {Status::kInternalServerError, "HTTP/1.1 500 Internal Server Error\r\n"},
    {Status::kNotImplemented, "HTTP/1.1 501 Not Implemented\r\n"},
    {Status::kServiceUnavailable, "HTTP/1.1 503 Service Unavailable\r\n"},
    {Status::kVersionNotSupported, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
});

constexpr std::array kMethods = std::to_array<std::pair<std::string_view, Method>>({
    {"GET", Method::kGet},
    {"HEAD", Method::kHead},
    {"POST", Method::kPost},
    {"PUT", Method::kPut},
    {"DELETE", Method::kDelete},
    {"CONNECT", Method::kConnect},
    {"OPTIONS", Method::kOptions},
    {"TRACE", Method::kTrace},
    {"PATCH", Method::kPatch},
});

}  // namespace

Method parse_method(std::string_view token) {
  for (const auto& [name, method] : kMethods) {
    if (name == token) return method;
  }
  return Method::kUnknown;
}

std::string_view version_text(Version version) {
  switch (version) {
    case Version::k10: return "HTTP/1.0";
    case Version::k11: return "HTTP/1.1";
    case Version::k20: break;
  }
  return "HTTP/2.0";
}

std::string_view status_line(Status status) {
  const auto at =
      std::lower_bound(kStatusTexts.begin(), kStatusTexts.end(), status,
                       [](const StatusText& text, Status wanted) { return text.status < wanted; });
  return at->line;
}

std::string_view reason_phrase(Status status) {
  constexpr std::size_t kBefore = sizeof("HTTP/1.1 200 ") - 1;
  const std::string_view line = status_line(status);
  return line.substr(kBefore, line.size() - kBefore - 2);
}

}  // namespace pollux::http
