// The outcome of a request: a response, or an error with the stage and the reason of the failure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "client/response.h"

namespace pollux::client {

enum class Stage : std::uint8_t {
  kRequest,
  kQueue,
  kResolve,
  kConnect,
  kTls,
  kSend,
  kReceive,
  kRedirect,
  kProxy
};

enum class ErrorKind : std::uint8_t {
  kInvalid,      // The request's URL, method or a field is invalid.
  kFull,         // The queue is full.
  kNotFound,     // The name has no address.
  kRefused,      // No listener there; or the server keeps refusing the stream (HTTP/2).
  kUnreachable,  // No route there.
  kTimeout,
  kCertificate,  // Not trusted, or for another name.
  kProtocol,     // The octets received are not TLS or not HTTP.
  kTooLarge,     // Head or body exceed their limit.
  kTooMany,      // Too many redirects.
  kReset,
  kClosed,  // The connection ended before the response was complete.
  kCancelled,
  kSystem,  // The kernel gives no socket, no port or no memory.
  // For HTTP/2:
  kNotAgreed,    // The server does not speak it (ALPN); for the load generator, which requires it.
  kStreamReset,  // RST_STREAM.
  kGoAway,       // GOAWAY, and the connection ended.
};
inline constexpr std::size_t kStages = 9;
inline constexpr std::size_t kErrorKinds = 17;

// "connect", "refused": for reports and for people.
[[nodiscard]] std::string_view to_string(Stage stage);
[[nodiscard]] std::string_view to_string(ErrorKind kind);

// For a number from errno(3).
[[nodiscard]] ErrorKind kind_of_errno(int number);

struct Error {
  Stage stage = Stage::kRequest;
  ErrorKind kind = ErrorKind::kInvalid;
  std::string reason;  // For people. It may quote the caller or the server.

  // "connect: refused (Connection refused)", with control characters escaped.
  [[nodiscard]] std::string to_string() const;
};

class Outcome {
 public:
  explicit Outcome(Response response) : value_(std::move(response)) {}
  explicit Outcome(Error error) : value_(std::move(error)) {}

  [[nodiscard]] bool ok() const { return std::holds_alternative<Response>(value_); }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  [[nodiscard]] Response& response() { return std::get<Response>(value_); }
  [[nodiscard]] const Response& response() const { return std::get<Response>(value_); }
  // REQUIRES: not ok().
  [[nodiscard]] const Error& error() const { return std::get<Error>(value_); }

 private:
  std::variant<Response, Error> value_;
};

}  // namespace pollux::client
