// The vocabulary of HTTP: methods, versions and status codes (RFC 9110 sections 9 and 15).
#pragma once

#include <cstdint>
#include <string_view>

namespace pollux::http {

enum class Method : std::uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kConnect,
  kOptions,
  kTrace,
  kPatch,
  kUnknown
};

enum class Version : std::uint8_t { k10, k11, k20 };

enum class Status : std::uint16_t {
  kContinue = 100,
  kSwitchingProtocols = 101,
  kOk = 200,
  kNoContent = 204,
  kPartialContent = 206,
  kMovedPermanently = 301,
  kFound = 302,
  kSeeOther = 303,
  kNotModified = 304,
  kTemporaryRedirect = 307,
  kPermanentRedirect = 308,
  kBadRequest = 400,
  kUnauthorized = 401,
  kForbidden = 403,
  kNotFound = 404,
  kMethodNotAllowed = 405,
  kNotAcceptable = 406,
  kRequestTimeout = 408,
  kConflict = 409,
  kGone = 410,
  kPreconditionFailed = 412,
  kContentTooLarge = 413,
  kUriTooLong = 414,
  kUnsupportedMediaType = 415,
  kRangeNotSatisfiable = 416,
  kExpectationFailed = 417,
  kMisdirectedRequest = 421,
  kUnprocessableContent = 422,
  kUpgradeRequired = 426,
  kTooManyRequests = 429,
  kHeaderFieldsTooLarge = 431,
  kInternalServerError = 500,
  kNotImplemented = 501,
  kServiceUnavailable = 503,
  kVersionNotSupported = 505,
};

// Methods are case-sensitive; an unknown token is kUnknown.
[[nodiscard]] Method parse_method(std::string_view token);

[[nodiscard]] constexpr int code(Status status) { return static_cast<int>(status); }
[[nodiscard]] std::string_view reason_phrase(Status status);
[[nodiscard]] std::string_view version_text(Version version);  // "HTTP/1.1"

// "HTTP/1.1 200 OK\r\n"
[[nodiscard]] std::string_view status_line(Status status);

}  // namespace pollux::http
