// The end of a connection that the server ends of its own accord, after an error for example.
//
// This version writes the answer and closes. The client may still be sending: what it has sent and nobody has
// read makes the kernel send a reset, and the rest of the answer is thrown away. Mend go_on():
//   - when the answer has been written, shut down our side;
//   - then read what still comes and discard it, until the client closes, or until kPatience has passed
//     since our side was shut down;
//   - only then close.
// An error of the socket closes it at once, at any time.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

class Ending {
 public:
  static constexpr long kPatience = 2000;  // Milliseconds.

  // `fd` is non-blocking, and is owned from now on.
  Ending(int fd, std::string answer) : fd_(fd), answer_(std::move(answer)) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending() { close(); }

  // What the loop has to wait for before it calls go_on() again. kInput: for that, or for the deadline.
  enum class Wants { kRoom, kInput, kNothing };

  // Does what can be done without waiting. `now`: milliseconds of a monotonic clock. kNothing: it is closed.
  Wants go_on(long now) {
    (void)now;
    while (sent_ < answer_.size()) {
      const ssize_t count = ::send(fd_, answer_.data() + sent_, answer_.size() - sent_, MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno == EAGAIN ? Wants::kRoom : close();
      sent_ += static_cast<std::size_t>(count);
    }
    return close();
  }

 private:
  Wants close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    return Wants::kNothing;
  }

  int fd_;
  const std::string answer_;
  std::size_t sent_ = 0;  // Octets of the answer.
};
