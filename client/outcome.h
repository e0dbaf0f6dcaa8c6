// The outcome of a request: a response, or an error that says at which stage it failed, and why.
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
  kInvalid,      // The request itself: its URL, method or a field.
  kFull,         // The queue.
  kNotFound,     // No address for that name.
  kRefused,      // Nobody listens there; or the server refuses the stream again and again (HTTP/2).
  kUnreachable,  // No way there.
  kTimeout,
  kCertificate,  // Not one we trust, or of another name.
  kProtocol,     // What came is not TLS or not HTTP.
  kTooLarge,     // Head or body pass their bound.
  kTooMany,      // Redirects.
  kReset,
  kClosed,  // The connection ended before the response did.
  kCancelled,
  kSystem,  // The kernel gives no socket, no port or no memory.
  // Of HTTP/2:
  kNotAgreed,    // The server does not speak it (ALPN); of the load generator, which wants nothing else.
  kStreamReset,  // RST_STREAM.
  kGoAway,       // GOAWAY, and the connection ended.
};
inline constexpr std::size_t kStages = 9;
inline constexpr std::size_t kErrorKinds = 17;

// "connect", "refused": words for reports and for people.
[[nodiscard]] std::string_view to_string(Stage stage);
[[nodiscard]] std::string_view to_string(ErrorKind kind);

// Of a number from errno(3).
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
