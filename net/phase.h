// The phases of a connection: the event that each waits for, its deadline, and what follows when the deadline
// passes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace pollux::net {

enum class Phase : std::uint8_t {
  kHandshake,  // All of a PROXY header, if one is expected, and of TLS, in one deadline.
  kHeader,     // All of a request's head in one deadline, however slowly it drips.
  kBody,       // A request's body: progress.
  kSend,       // The client taking its answer: progress.
  kKeepAlive,  // The next request.
  kOpen,       // A sign of life, in a protocol without requests.
  kClosing,    // The client's agreement that such a protocol ends.
  kLinger,     // The client's end, on a connection that we have ended.
  kHandling,   // The response of a handler that has kept the request, see http/exchange.h.
  kStreams,    // HTTP/2 with open streams: many requests at a time, each with deadlines of its own.
  kNoStreams,  // HTTP/2 without open streams: the next request.
};

struct PhaseRule {
  enum class Expiry : std::uint8_t { kLastWords, kClose, kReset, kAsk };

  // At the deadline the protocol says its last words, the connection just ends, or the protocol is asked.
  Expiry expiry;
  bool absolute;  // Input does not renew the deadline.
  bool may_end;   // No request is in flight: a shutdown need not wait for it.
  bool quiet;     // The buffers may be freed once they are empty.
};

[[nodiscard]] constexpr PhaseRule rule_of(Phase phase) {
  using Expiry = PhaseRule::Expiry;
  switch (phase) {
    case Phase::kHandshake:
      return {.expiry = Expiry::kReset, .absolute = true, .may_end = true, .quiet = true};
    case Phase::kHeader:
      return {.expiry = Expiry::kLastWords, .absolute = true, .may_end = true, .quiet = true};
    case Phase::kBody:
      return {.expiry = Expiry::kLastWords, .absolute = false, .may_end = false, .quiet = false};
    case Phase::kSend: return {.expiry = Expiry::kReset, .absolute = false, .may_end = false, .quiet = false};
    case Phase::kKeepAlive:
      return {.expiry = Expiry::kClose, .absolute = false, .may_end = true, .quiet = true};
    case Phase::kStreams:
    case Phase::kNoStreams:
    case Phase::kOpen: return {.expiry = Expiry::kAsk, .absolute = false, .may_end = false, .quiet = true};
    case Phase::kHandling:
      return {.expiry = Expiry::kLastWords, .absolute = false, .may_end = false, .quiet = false};
    case Phase::kClosing:
    case Phase::kLinger: break;
  }
  return {.expiry = Expiry::kClose, .absolute = true, .may_end = false, .quiet = false};
}

struct Timeouts {
  milliseconds handshake{10'000};
  milliseconds header{15'000};
  milliseconds body{30'000};
  milliseconds send{30'000};
  milliseconds keepalive{60'000};
  milliseconds open{30'000};
  milliseconds closing{5'000};
  milliseconds linger{2'000};
  milliseconds handling{60'000};  // Handlers bound their own waits; this bounds one that does not.
  milliseconds streams{1'000};    // How often a protocol with streams looks at its own deadlines.

  [[nodiscard]] milliseconds of(Phase phase) const {
    switch (phase) {
      case Phase::kHandshake: return handshake;
      case Phase::kHeader: return header;
      case Phase::kBody: return body;
      case Phase::kSend: return send;
      case Phase::kKeepAlive: return keepalive;
      case Phase::kOpen: return open;
      case Phase::kClosing: return closing;
      case Phase::kLinger: return linger;
      case Phase::kHandling: return handling;
      case Phase::kStreams: return streams;
      case Phase::kNoStreams: return keepalive;
    }
    return header;
  }

  [[nodiscard]] milliseconds shortest() const {
    return std::min({handshake, header, body, send, keepalive, open, closing, linger, handling, streams});
  }
};

}  // namespace pollux::net
