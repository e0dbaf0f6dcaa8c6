// An event loop within another one of any kind: one descriptor stands for all of it.
//
//   outer loop:  descriptor() is readable --> dispatch()
//                     |
//                   epoll(7): sockets, the eventfd of post(), and a timerfd(2) for the next timer
//
// An epoll descriptor is itself readable while events wait behind it. So the outer loop only needs to watch
// one descriptor, level-triggered.
//
// Owns the inner loop. Thread: dispatch() belongs to the outer loop's thread. Without an outer loop,
// loop().run() is an ordinary loop.
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

  // Does what is due, without waiting. Throws what callbacks throw; the next call does the rest.
  void dispatch();

 private:
  explicit NestedLoop(std::unique_ptr<EpollPoller> poller);

  void arm();
  void on_expiry(std::uint32_t /*events*/) { armed_.reset(); }

  const int descriptor_;  // Belongs to the poller.
  EventLoop loop_;
  TimerDescriptor timer_;
  Channel timer_channel_;
  std::optional<TimePoint> armed_;  // When timer_ expires; std::nullopt: not armed.
};

}  // namespace pollux::net
