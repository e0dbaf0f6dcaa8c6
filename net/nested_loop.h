// An event loop within another one, of whatever kind: the whole of it is one descriptor.
//
//   outer loop:  descriptor() is readable --> dispatch()
//                     |
//                   epoll(7): sockets, the bell that post() rings, and a timerfd(2) for the next timer
//
// An epoll descriptor is readable itself while events wait behind it, so the outer loop needs to know nothing
// but how to watch one descriptor, level-triggered.
//
// Owns the loop inside. Thread: dispatch() is for one thread, that of the outer loop; where there is none,
// loop().run() is a loop like any other.
#pragma once

#include <memory>
#include <optional>

#include "net/channel.h"
#include "net/event_loop.h"
#include "net/timer_descriptor.h"

namespace pollux::net {

class EpollPoller;

class NestedLoop {
 public:
  NestedLoop();  // Throws std::system_error.
  NestedLoop(const NestedLoop&) = delete;
  NestedLoop& operator=(const NestedLoop&) = delete;

  [[nodiscard]] EventLoop& loop() { return loop_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

  // Does what is due, and does not wait. Throws what callbacks throw; the next call does what is left.
  void dispatch();

 private:
  explicit NestedLoop(std::unique_ptr<EpollPoller> poller);

  void arm();
  void on_expiry(std::uint32_t /*events*/) { armed_.reset(); }

  const int descriptor_;  // The poller's.
  EventLoop loop_;
  TimerDescriptor timer_;
  Channel timer_channel_;
  std::optional<TimePoint> armed_;  // When timer_ expires; std::nullopt: it does not.
};

}  // namespace pollux::net
