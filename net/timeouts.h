// How long a connection may be in each phase.
#pragma once

#include <algorithm>

#include "base/clock.h"
#include "net/protocol.h"

namespace pollux::net {

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

  [[nodiscard]] milliseconds shortest() const { return std::min({handshake, header, body, send, keepalive, linger}); }
};

}  // namespace pollux::net
