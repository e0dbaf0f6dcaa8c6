// A descriptor that becomes readable at a point in time, to the microsecond (timerfd_create(2)). A loop's own
// timers have a tick of 32 ms.
//
// Watched edge-triggered, each expiry is one event, and nothing needs to be read.
//
// Thread: any one at a time.
#pragma once

#include "base/clock.h"
#include "base/unique_fd.h"

namespace pollux::net {

class TimerDescriptor {
 public:
  TimerDescriptor();  // Throws std::system_error.

  [[nodiscard]] int fd() const { return fd_.get(); }

  // Replaces the time set before. A time in the past expires at once.
  void expire_at(TimePoint when);

 private:
  UniqueFd fd_;
};

}  // namespace pollux::net
