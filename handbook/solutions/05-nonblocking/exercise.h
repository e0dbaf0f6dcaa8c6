// Sends over a non-blocking socket.
//
// EAGAIN and a short count are the same news: no more room for now. Whatever is given while something waits
// has to wait behind it, or octets would overtake each other.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

class Outbox {
 public:
  explicit Outbox(int fd) : fd_(fd) {}  // Non-blocking.

  // Sends `octets` behind all that was given before. What the socket does not take is kept. Tries at once
  // unless something waits already. false: the connection is broken. SIGPIPE must not end the program, and a
  // call that a signal has interrupted (EINTR) is repeated.
  [[nodiscard]] bool send(std::string_view octets) {
    const bool try_now = waiting_.empty();
    waiting_ += octets;
    return !try_now || on_writable();
  }

  // epoll has reported EPOLLOUT: sends what waits, as far as the socket takes it. false: the connection is
  // broken.
  [[nodiscard]] bool on_writable() {
    std::size_t gone = 0;
    bool broken = false;
    while (gone < waiting_.size()) {
      const ssize_t sent = ::send(fd_, waiting_.data() + gone, waiting_.size() - gone, MSG_NOSIGNAL);
      if (sent >= 0) {
        gone += static_cast<std::size_t>(sent);
      } else if (errno != EINTR) {
        broken = errno != EAGAIN;
        break;
      }
    }
    waiting_.erase(0, gone);
    return !broken;
  }

  // EPOLLOUT has to be asked for. Where nothing waits, it would be reported without end.
  [[nodiscard]] bool wants_room() const { return !waiting_.empty(); }

 private:
  int fd_;
  std::string waiting_;
};
