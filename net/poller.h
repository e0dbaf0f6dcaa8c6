// The wait of an event loop: by epoll(7) or by io_uring(7).
//
//   begin() { wait() -> dispatch() } ... end()
//
// Thread: begin() to end() on the loop's, remove() on it, or on any before begin(). add() and modify() on any
// with epoll; with a ring, as remove().
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/channel.h"

namespace pollux::net {

class Ring;

class Poller {
 public:
  Poller() = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  virtual ~Poller() = default;

  virtual void begin() {}
  // Nothing more is reported, and the kernel no longer uses anyone's memory.
  virtual void end() {}

  // Waits until something has happened, for `milliseconds` at most; -1: without limit. Returns the number of
  // events. Throws std::system_error.
  virtual std::size_t wait(int milliseconds) = 0;
  // Calls the callbacks of what has happened.
  virtual void dispatch() = 0;

  // The channel's callback gets `events` as in epoll_ctl(2); EPOLLET and EPOLLONESHOT hold with epoll only.
  // Returns errno; 0: success.
  [[nodiscard]] virtual int add(Channel& channel, std::uint32_t events) = 0;
  [[nodiscard]] virtual int modify(Channel& channel, std::uint32_t events) = 0;
  virtual void remove(Channel& channel) = 0;

  // nullptr: it waits with epoll.
  [[nodiscard]] virtual Ring* ring() { return nullptr; }
};

}  // namespace pollux::net
