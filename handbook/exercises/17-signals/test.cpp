#include <poll.h>

#include <string>

#include "check.h"

namespace {

std::string listed(const std::vector<int>& signals) {
  std::string text;
  for (const int signal : signals) text += signal == SIGUSR1 ? "USR1 " : signal == SIGUSR2 ? "USR2 " : "? ";
  return text.empty() ? "none" : text;
}

bool readable(const SignalPipe& pipe) {
  pollfd one{pipe.fd(), POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

// What waits, waits for ever: then the alarm ends it.
void within_three_seconds(const char* what) {
  static const char* doing;
  doing = what;
  struct sigaction action {};
  action.sa_handler = [](int) {
    const std::string text =
        std::string("it waits: ") + doing + "\nnot solved\n";  // The process is lost anyway.
    (void)!::write(STDOUT_FILENO, text.data(), text.size());
    ::_exit(1);
  };
  ::sigaction(SIGALRM, &action, nullptr);
  std::fflush(stdout);
  ::alarm(3);
}

void raise_times(int signal, int times) {
  for (int i = 0; i < times; ++i) (void)std::raise(signal);
}

void tells_signals() {
  SignalPipe pipe({SIGUSR1, SIGUSR2});
  CHECK(!readable(pipe));
  raise_times(SIGUSR2, 1);
  CHECK(readable(pipe));
  CHECK_EQ(listed(pipe.take()), "USR2 ");
  CHECK(!readable(pipe));
}

void tells_each_once() {
  SignalPipe pipe({SIGUSR1, SIGUSR2});
  raise_times(SIGUSR2, 2);
  raise_times(SIGUSR1, 1500);
  raise_times(SIGUSR2, 1);
  CHECK_EQ(listed(pipe.take()), "USR2 USR1 ");
  CHECK(!readable(pipe));
}

void leaves_errno() {
  SignalPipe pipe({SIGUSR1});
  errno = 1234;
  raise_times(SIGUSR1, 1);
  CHECK_EQ(errno, 1234);
  (void)pipe.take();
}

void is_closed_on_exec() {
  SignalPipe pipe({SIGUSR1});
  CHECK((::fcntl(pipe.fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

void does_not_wait() {
  SignalPipe pipe({SIGUSR1, SIGUSR2});
  within_three_seconds("take(), when there is nothing");
  CHECK_EQ(listed(pipe.take()), "none");
  within_three_seconds("the handler, when the loop does not read");
  ::fcntl(pipe.fd(), F_SETPIPE_SZ, 4096);
  errno = 1234;
  raise_times(SIGUSR1, 10'000);
  CHECK_EQ(errno, 1234);
  raise_times(SIGUSR2, 1);
  CHECK_EQ(listed(pipe.take()), "USR1 USR2 ");
  CHECK_EQ(listed(pipe.take()), "none");
  raise_times(SIGUSR2, 1);
  CHECK_EQ(listed(pipe.take()), "USR2 ");
  ::alarm(0);
}

}  // namespace

int main() {
  tells_signals();
  leaves_errno();
  is_closed_on_exec();
  does_not_wait();
  tells_each_once();
  return exercise::verdict();
}
