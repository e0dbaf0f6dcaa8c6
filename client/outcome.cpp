#include "client/outcome.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>

#include "log/escape.h"

namespace pollux::client {

std::string_view to_string(Stage stage) {
  constexpr std::array<std::string_view, kStages> kNames = {
      "request", "queue", "resolve", "connect", "tls", "send", "receive", "redirect", "proxy"};
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

std::string Error::to_string() const {
  return fmt::format("{}: {} ({})", client::to_string(stage), client::to_string(kind),
                     log::printable(reason));
}

}  // namespace pollux::client
