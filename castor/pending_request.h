// A request that the schedule has handed to a client and that has not ended yet.
#pragma once

#include "base/clock.h"
#include "castor/prepared_request.h"

namespace pollux::castor {

struct PendingRequest {
  TimePoint due;                          // Latency counts from here.
  TimePoint begun;                        // When a client took it.
  TimePoint sent;                         // When its last octet was sent; TimePoint{}: not yet.
  bool measured = false;                  // Whether it was due after the warm-up.
  const PreparedRequest* asks = nullptr;  // Known once its client has room for it.
};

}  // namespace pollux::castor
