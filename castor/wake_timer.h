// Wakes a loop at a certain time, to the microsecond (net/timer_descriptor.h). The tick of the loop's own
// timers suits deadlines, but is too long for a schedule of requests.
//
// Thread: the loop's.
#pragma once

#include "base/clock.h"
#include "net/event_loop.h"
#include "net/timer_descriptor.h"

namespace pollux::castor {

class WakeTimer {
 public:
  explicit WakeTimer(net::EventLoop& loop);  // Throws std::system_error.
  WakeTimer(const WakeTimer&) = delete;
  WakeTimer& operator=(const WakeTimer&) = delete;
  ~WakeTimer() { loop_.remove(channel_); }

  // Wakes at `when` at the latest: an earlier time that is already set stays. A time in the past wakes at
  // once.
  void wake_by(TimePoint when, TimePoint now);

 private:
  void on_expiry(std::uint32_t /*events*/) {}  // The loop's hook does the work that is due.

  net::EventLoop& loop_;
  net::TimerDescriptor timer_;
  net::Channel channel_;
  TimePoint set_;
};

}  // namespace pollux::castor
