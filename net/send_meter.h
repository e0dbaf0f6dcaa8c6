// Latencies of a connection's writes and answers, for the metrics (base/metrics.h).
//
// A wire that submits its writes learns in a later call of flush() what has become of one. So a write lasts
// from the call that began it to the one that knows its outcome, and is observed there, once.
//
// Thread: whichever holds the connection.
#pragma once

#include "base/clock.h"
#include "net/wire.h"

namespace pollux::net {

class SendMeter {
 public:
  // The answer to a request is queued. `ready`: when its event came.
  void answered(TimePoint ready);

  // After each flush(), which was called at `before`. `served`: when the thread began to serve the
  // connection.
  void flushed(const Wire::Flushed& flushed, TimePoint served, TimePoint before, TimePoint after);

 private:
  TimePoint ready_;         // REQUIRES: unsent_.
  TimePoint began_;         // REQUIRES: writing_.
  bool unhandled_ = false;  // The answer was not yet flushed.
  bool unsent_ = false;     // Nothing of the answer is known to have been written.
  bool writing_ = false;    // The outcome of a write is not yet known.
};

}  // namespace pollux::net
