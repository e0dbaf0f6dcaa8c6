// Sends over a non-blocking socket.
//
// This version writes once and believes that everything has gone. A socket takes what fits into its buffer;
// the rest has to wait here, in order, until epoll reports EPOLLOUT. Mend send(), on_writable() and
// wants_room().
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
  [[nodiscard]] bool send(std::string_view octets) { return ::write(fd_, octets.data(), octets.size()) >= 0; }

  // epoll has reported EPOLLOUT: sends what waits, as far as the socket takes it. false: the connection is
  // broken.
  [[nodiscard]] bool on_writable() { return true; }

  // EPOLLOUT has to be asked for. Where nothing waits, it would be reported without end.
  [[nodiscard]] bool wants_room() const { return false; }

 private:
  int fd_;
  std::string waiting_;
};
