// A self-pipe: a handler writes an octet into a pipe, whose other end a loop watches with epoll.
//
// This version works for a few signals, and if nobody looks at errno. Mend it so that
//
//   - the handler never waits, however many signals come before the loop reads, and leaves errno as it was;
//   - take() never waits, takes everything that is there, also more than fits into one read(2), and says of
//     each signal once that it has come, in the order of the first of each;
//   - a signal that interrupts read(2) is no reason to stop;
//   - a full pipe loses no kind of signal: that SIGUSR2 has come is told even if ten thousand SIGUSR1 came
//     before. (A handler may set a flag of type volatile std::sig_atomic_t, or a lock-free atomic.)
//   - neither end is left open in a program that is executed (O_CLOEXEC).
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <vector>

class SignalPipe {
 public:
  // There is one at a time: a handler finds it by a global variable.
  explicit SignalPipe(const std::vector<int>& signals) {
    if (::pipe(ends) != 0) return;
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
    char octet = 0;
    if (::read(ends[0], &octet, 1) != 1) return {};
    return {octet};
  }

 private:
  static void handle(int signal) {
    const char octet = static_cast<char>(signal);
    (void)!::write(ends[1], &octet, 1);
  }

  inline static int ends[2] = {-1, -1};
};
