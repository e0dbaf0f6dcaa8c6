// What a connection waits for, how long it may, and what becomes of it then.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace pollux::net {

enum class Phase : std::uint8_t {
  kHandshake,  // TLS: all of it in one deadline.
  kHeader,     // A request's head: all of it in one deadline, however it drips.
  kBody,       // A request's body: progress.
  kSend,       // The client taking its answer: progress.
  kKeepAlive,  // The next request.
  kLinger,     // The client's end of a connection we have ended.
};

struct PhaseRule {
  enum class Expiry : std::uint8_t { kLastWords, kClose, kReset };

  Expiry expiry;  // At the deadline: the protocol says its last words; or the connection just ends.
  bool absolute;  // The deadline stands, whatever comes in.
  bool may_end;   // No request is in flight: a server that shuts down need not wait for it.
};

[[nodiscard]] constexpr PhaseRule rule_of(Phase phase) {
  using Expiry = PhaseRule::Expiry;
  switch (phase) {
    case Phase::kHandshake: return {.expiry = Expiry::kReset, .absolute = true, .may_end = true};
    case Phase::kHeader: return {.expiry = Expiry::kLastWords, .absolute = true, .may_end = true};
    case Phase::kBody: return {.expiry = Expiry::kLastWords, .absolute = false, .may_end = false};
    case Phase::kSend: return {.expiry = Expiry::kReset, .absolute = false, .may_end = false};
    case Phase::kKeepAlive: return {.expiry = Expiry::kClose, .absolute = false, .may_end = true};
    case Phase::kLinger: break;
  }
  return {.expiry = Expiry::kClose, .absolute = true, .may_end = false};
}

struct Timeouts {
  milliseconds handshake{10'000};
  milliseconds header{15'000};
  milliseconds body{30'000};
  milliseconds send{30'000};
  milliseconds keepalive{60'000};
  milliseconds linger{2'000};

  [[nodiscard]] milliseconds of(Phase phase) const {
    switch (phase) {
      case Phase::kHandshake: return handshake;
      case Phase::kHeader: return header;
      case Phase::kBody: return body;
      case Phase::kSend: return send;
      case Phase::kKeepAlive: return keepalive;
      case Phase::kLinger: return linger;
    }
    return header;
  }

  [[nodiscard]] milliseconds shortest() const {
    return std::min({handshake, header, body, send, keepalive, linger});
  }
};

}  // namespace pollux::net
