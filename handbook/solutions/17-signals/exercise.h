// A self-pipe: a handler writes an octet into a pipe, whose other end a loop watches with epoll.
//
// The handler sets a flag first and writes second. So whatever is flagged has an octet in the pipe, or the
// pipe is full: in both cases the loop will be woken. The octets say in which order, the flags whether.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

class SignalPipe {
 public:
  // There is one at a time: a handler finds it by a global variable.
  explicit SignalPipe(const std::vector<int>& signals) {
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return;
    for (const int signal : signals) {
      struct sigaction action {};
      action.sa_handler = handle;
      action.sa_flags = SA_RESTART;
      ::sigaction(signal, &action, nullptr);
    }
  }
  SignalPipe(const SignalPipe&) = delete;
  SignalPipe& operator=(const SignalPipe&) = delete;
  ~SignalPipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }

  // Readable when there is something to take.
  [[nodiscard]] int fd() const { return ends[0]; }

  // The signals that have come since the last call.
  std::vector<int> take() {
    std::vector<int> signals;
    std::array<char, 512> octets;
    std::array<bool, kSignals> known{};
    std::vector<int> order;
    const auto note = [&](int signal) {
      if (!std::exchange(known[static_cast<std::size_t>(signal)], true)) order.push_back(signal);
    };
    while (true) {
      const ssize_t count = ::read(ends[0], octets.data(), octets.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      for (ssize_t i = 0; i < count; ++i) note(octets[static_cast<std::size_t>(i)]);
    }
    for (int signal = 1; signal < kSignals; ++signal)
      note(signal);  // There may have been no room for its octet.
    for (const int signal : order) {
      if (came[static_cast<std::size_t>(signal)].exchange(false)) signals.push_back(signal);
    }
    return signals;
  }

 private:
  static constexpr int kSignals = 65;

  static void handle(int signal) {
    const int saved = errno;
    came[static_cast<std::size_t>(signal)] = true;
    const char octet = static_cast<char>(signal);
    (void)!::write(ends[1], &octet, 1);
    errno = saved;
  }

  inline static int ends[2] = {-1, -1};
  inline static std::array<std::atomic<bool>, kSignals> came{};
};
