#include "client/outcome.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>

#include "http/lists.h"
#include "log/escape.h"

namespace pollux::client {

std::string_view to_string(Stage stage) {
  constexpr std::array<std::string_view, kStages> kNames = {"request", "queue", "resolve", "connect",
                                                            "tls",     "send",  "receive", "redirect"};
  return kNames.at(static_cast<std::size_t>(stage));
}

std::string_view to_string(ErrorKind kind) {
  constexpr std::array<std::string_view, kErrorKinds> kNames = {
      "invalid",     "full",     "not found", "refused",      "unreachable", "timeout",
      "certificate", "protocol", "too large", "too many",     "reset",       "closed",
      "cancelled",   "system",   "no h2",     "stream reset", "goaway"};
  return kNames.at(static_cast<std::size_t>(kind));
}

ErrorKind kind_of_errno(int number) {
  switch (number) {
    case ECONNREFUSED: return ErrorKind::kRefused;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
    case ENETDOWN: return ErrorKind::kUnreachable;
    case ETIMEDOUT: return ErrorKind::kTimeout;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE: return ErrorKind::kReset;
    default: return ErrorKind::kSystem;
  }
}

ErrorKind kind_of_fault(ResponseParser::Fault fault) {
  using Fault = ResponseParser::Fault;
  const bool large = fault == Fault::kHeadersTooLarge || fault == Fault::kBodyTooLarge;
  return large ? ErrorKind::kTooLarge : ErrorKind::kProtocol;
}

std::string_view reason_of_fault(ResponseParser::Fault fault) {
  constexpr std::array<std::string_view, 9> kReasons = {"nothing wrong",
                                                        "not the beginning of an HTTP/1 response",
                                                        "a malformed header field",
                                                        "the head is too large",
                                                        "contradictory framing",
                                                        "a transfer coding other than chunked",
                                                        "a malformed chunk",
                                                        "the body is too large",
                                                        "an upgrade that nobody asked for"};
  return kReasons.at(static_cast<std::size_t>(fault));
}

std::string Error::to_string() const {
  return fmt::format("{}: {} ({})", client::to_string(stage), client::to_string(kind),
                     log::printable(reason));
}

const std::string* Response::find(std::string_view name) const {
  for (const HeaderField& field : fields) {
    if (http::equals_ignoring_case(field.name, name)) return &field.value;
  }
  return nullptr;
}

}  // namespace pollux::client
