// A request that the schedule has handed to a client and that has not ended yet.
#pragma once

#include "base/clock.h"

namespace pollux::castor {

struct PendingRequest {
  TimePoint due;          // Latency counts from here.
  TimePoint begun;        // When a client took it.
  TimePoint sent;         // When its last octet was sent; TimePoint{}: not yet.
  bool measured = false;  // It was due after the warm-up.
};

}  // namespace pollux::castor
