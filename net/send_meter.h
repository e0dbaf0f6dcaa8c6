// Latencies of a connection's writes and responses, for the metrics (base/metrics.h).
//
// A wire that submits its writes learns their outcome in a later call of flush(). So a write lasts from the
// call that began it to the call that knows its outcome, and is observed there, once.
//
// Thread: the one that holds the connection.
#pragma once

#include "base/clock.h"
#include "net/wire.h"

namespace pollux::net {

class SendMeter {
 public:
  // The response to a request is queued. `ready`: when the request's event arrived.
  void answered(TimePoint ready);

  // After each flush(), which was called at `before`. `served`: when the thread began to serve the
  // connection.
  void flushed(const Wire::Flushed& flushed, TimePoint served, TimePoint before, TimePoint after);

 private:
  TimePoint ready_;         // REQUIRES: unsent_.
  TimePoint began_;         // REQUIRES: writing_.
  bool unhandled_ = false;  // The response was not yet flushed.
  bool unsent_ = false;     // No octet of the response is known to have been written.
  bool writing_ = false;    // The outcome of a write is not yet known.
};

}  // namespace pollux::net
