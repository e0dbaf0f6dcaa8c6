// Has a loop go through an iteration at a certain time, to the microsecond (timerfd_create(2)). The loop's
// own timers have a tick of 32 ms, which is good for deadlines; a schedule of requests needs better.
//
// Thread: the loop's.
#pragma once

#include "base/clock.h"
#include "base/unique_fd.h"
#include "net/event_loop.h"

namespace pollux::castor {

class WakeTimer {
 public:
  explicit WakeTimer(net::EventLoop& loop);  // Throws std::system_error.
  WakeTimer(const WakeTimer&) = delete;
  WakeTimer& operator=(const WakeTimer&) = delete;
  ~WakeTimer() { loop_.remove(channel_); }

  // At `when` at the latest: an earlier time that was set before stays. A time that has passed: at once.
  void wake_by(TimePoint when, TimePoint now);

 private:
  void on_expiry(std::uint32_t /*events*/) {}  // The loop's hook does what is due.

  net::EventLoop& loop_;
  UniqueFd fd_;
  net::Channel channel_;
  TimePoint set_;
};

}  // namespace pollux::castor
