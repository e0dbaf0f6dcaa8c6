// A request that the schedule has handed to a client and that has not ended yet.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace pollux::castor {

struct PendingRequest {
  TimePoint due;          // Latency counts from here.
  TimePoint begun;        // When a client took it.
  TimePoint sent;         // When its last octet was sent; TimePoint{}: not yet.
  bool measured = false;  // It was due after the warm-up.
  std::uint32_t url = 0;  // By its place in Options::urls; known once it is in a pipeline.
};

}  // namespace pollux::castor
