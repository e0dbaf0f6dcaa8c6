// A file descriptor and the callback for its events.
//
// epoll_event.data.ptr points to a Channel, so dispatching an event is one indirect call, whatever
// stands behind it: listener, connection, signals, wake-up. There is no `if (fd == listenfd)`, and no
// table from fd numbers to objects, which would be wrong the moment a number is used again.
//
// Does not own the descriptor.
// Thread: its callback runs on the thread of the loop it was added to.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

namespace pollux::net {

class Channel {
 public:
  // `events` as in epoll_ctl(2): EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR.
  using Callback = std::function<void(std::uint32_t events)>;

  Channel(int fd, Callback callback) : fd_(fd), callback_(std::move(callback)) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  void handle(std::uint32_t events) const { callback_(events); }

 private:
  int fd_;
  Callback callback_;
};

}  // namespace pollux::net
