// What a signal does to a program that is in the middle of something, and three ways to make it an event: a
// handler, a self-pipe, signalfd(2). raise(3) delivers a signal at a certain line, so chance plays no part.
#include "lab.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>

namespace {

// --- Ways to hear of SIGUSR1 ---------------------------------------------------------------------

enum class Way { kHandler, kSelfPipe, kSignalfd };

int pipe_ends[2];
void (*on_signal)() = nullptr;
volatile std::sig_atomic_t handled = 0;

void handle(int /*signal*/) {
  const int saved = errno;
  handled = handled + 1;
  if (on_signal != nullptr) on_signal();
  errno = saved;
}

void handle_by_pipe(int /*signal*/) {
  const int saved = errno;
  [[maybe_unused]] const ssize_t written =
      ::write(pipe_ends[1], "s", 1);  // Full: the loop will be woken anyway.
  errno = saved;
}

void install(void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  lab::must(::sigaction(SIGUSR1, &action, nullptr), "sigaction");
}

sigset_t only_usr1() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGUSR1);
  return set;
}

void block(bool blocked) {
  const sigset_t set = only_usr1();
  ::pthread_sigmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, nullptr);
}

// An epoll with what tells of the signal: nothing in case of a handler.
class Loop {
 public:
  explicit Loop(Way way) : way_(way) {
    if (way == Way::kHandler) install(handle, 0);
    if (way == Way::kSelfPipe) {
      lab::must(::pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC), "pipe2");
      install(handle_by_pipe, 0);
      watch(pipe_ends[0]);
    }
    if (way == Way::kSignalfd) {
      block(true);
      const sigset_t set = only_usr1();
      signals_ = lab::must(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), "signalfd");
      watch(signals_);
    }
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    ::close(epoll_);
    if (way_ == Way::kSelfPipe) ::close(pipe_ends[0]), ::close(pipe_ends[1]);
    if (way_ == Way::kSignalfd) ::close(signals_);
    block(false);
  }

  // Returns what epoll_wait(2) or epoll_pwait(2) does.
  int wait(int milliseconds, const sigset_t* mask = nullptr) const {
    epoll_event event{};
    return ::epoll_pwait(epoll_, &event, 1, milliseconds, mask);
  }
  // Signals that are read from the descriptor.
  int read_all() const {
    int count = 0;
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == sizeof info) ++count;
    return count;
  }

 private:
  void watch(int fd) const {
    epoll_event event{};
    event.events = EPOLLIN;
    lab::must(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }

  const Way way_;
  int signals_ = -1;
  const int epoll_ = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
};

// --- In the middle of something ------------------------------------------------------------------

// Two places of which the sum is always 100, unless somebody looks between the two steps of a change.
volatile int left_place = 50;
volatile int right_place = 50;
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct Seen {
  int sum = 0;
  bool lock_free = false;
} seen;

void look() {
  seen.sum = left_place + right_place;
  seen.lock_free = ::pthread_mutex_trylock(&lock) == 0;
  if (seen.lock_free) ::pthread_mutex_unlock(&lock);
}

void change_with_a_signal_in_the_middle() {
  ::pthread_mutex_lock(&lock);
  left_place = left_place - 1;
  (void)std::raise(SIGUSR1);
  right_place = right_place + 1;
  ::pthread_mutex_unlock(&lock);
}

Seen seen_by(Way way) {
  const Loop loop(way);
  seen = {};
  on_signal = look;
  change_with_a_signal_in_the_middle();
  if (way != Way::kHandler && loop.wait(5000) == 1) look();
  on_signal = nullptr;
  return seen;
}

void show_bad_moment() {
  std::printf("a signal while a lock is held and one of two counters is changed\n");
  const Seen handler = seen_by(Way::kHandler);
  const Seen pipe = seen_by(Way::kSelfPipe);
  const Seen descriptor = seen_by(Way::kSignalfd);
  for (const auto& [name, what] :
       {std::pair("handler:  ", handler), {"self-pipe:", pipe}, {"signalfd: ", descriptor}})
    std::printf("  %s sees %3d of 100, and the lock %s\n", name, what.sum, what.lock_free ? "free" : "taken");
  std::printf("\n");
  lab::shown(handler.sum == 99 && !handler.lock_free,
             "a handler runs in the middle: it sees half a change, and would wait for its own thread's lock");
  lab::shown(pipe.sum == 100 && pipe.lock_free && descriptor.sum == 100 && descriptor.lock_free,
             "by self-pipe or signalfd, the loop hears of it between two events, when all is in order");
}

// --- Interrupted calls ---------------------------------------------------------------------------

bool sleeps(pid_t thread) {
  const std::string path = "/proc/self/task/" + std::to_string(thread) + "/stat";
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char text[512] = {};
  const ssize_t count = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  const char* state = count > 0 ? std::strrchr(text, ')') : nullptr;
  return state != nullptr && state[2] == 'S';
}

// Makes the call while another thread sends signals whenever this one sleeps, until the call has returned;
// after the third signal it writes an octet to `end`, if there is one. Returns the error, or 0.
template <class Call>
int error_under_signals(Call call, int end) {
  const auto main_thread = static_cast<pid_t>(::syscall(SYS_gettid));
  const pthread_t target = ::pthread_self();
  handled = 0;
  std::atomic<bool> done = false;
  block(true);  // Of the other thread.
  std::thread other([&] {
    bool written = false;
    while (!done) {
      if (handled >= 3 && end >= 0 && !written) written = ::write(end, "x", 1) == 1;
      if (!written && sleeps(main_thread)) ::pthread_kill(target, SIGUSR1);
      ::usleep(500);
    }
  });
  block(false);
  const int error = call() < 0 ? errno : 0;
  done = true;
  other.join();
  return error;
}

void show_interruptions() {
  int ends[2];
  lab::must(::pipe2(ends, O_CLOEXEC), "pipe2");
  const Loop loop(Way::kHandler);
  char octet = 0;
  const auto read_one = [&] { return ::read(ends[0], &octet, 1); };
  const int plain = error_under_signals(read_one, -1);
  install(handle, SA_RESTART);
  const int restarted = error_under_signals(read_one, ends[1]);
  const int signals = handled;
  const int waiting = error_under_signals([&] { return loop.wait(20'000); }, -1);
  ::close(ends[0]);
  ::close(ends[1]);
  std::printf("\ncalls that wait, interrupted by a signal\n");
  std::printf("  read:                   %s\n", plain == EINTR ? "EINTR" : "goes on");
  std::printf("  read, SA_RESTART:       %s\n", restarted == EINTR ? "EINTR" : "goes on");
  std::printf("  epoll_wait, SA_RESTART: %s\n\n", waiting == EINTR ? "EINTR" : "goes on");
  lab::shown(plain == EINTR && restarted == 0 && signals >= 3,
             "a handler interrupts read with EINTR, unless it was installed with SA_RESTART");
  lab::shown(waiting == EINTR, "epoll_wait is interrupted in any case");
}

// --- Between the check and the wait --------------------------------------------------------------

struct Heard {
  bool flag = false;   // The handler has run,
  bool slept = false;  // and yet the loop slept as long as it could.
};

Heard check_and_wait(Way way, bool pwait) {
  const Loop loop(way);
  handled = 0;
  if (pwait) block(true);  // Only within epoll_pwait it is not.
  sigset_t none;
  ::sigemptyset(&none);
  const bool check = handled != 0;
  (void)std::raise(SIGUSR1);  // Just now.
  int result = 0;
  if (!check) result = loop.wait(way == Way::kHandler && !pwait ? 100 : 20'000, pwait ? &none : nullptr);
  return {handled != 0, result == 0};
}

void show_lost_signal() {
  const Heard flag = check_and_wait(Way::kHandler, false);
  const Heard pwait = check_and_wait(Way::kHandler, true);
  const Heard pipe = check_and_wait(Way::kSelfPipe, false);
  const Heard descriptor = check_and_wait(Way::kSignalfd, false);
  std::printf("\na signal between the check of a flag and the wait\n");
  for (const auto& [name, heard] : {std::pair("epoll_wait:           ", flag),
                                    {"epoll_pwait:          ", pwait},
                                    {"epoll_wait, self-pipe:", pipe},
                                    {"epoll_wait, signalfd: ", descriptor}})
    std::printf("  %s %s\n", name, heard.slept ? "sleeps, although the flag is set" : "returns at once");
  std::printf("\n");
  lab::shown(flag.flag && flag.slept,
             "a signal between the check and epoll_wait is lost until something else comes");
  lab::shown(pwait.flag && !pwait.slept && !pipe.slept && !descriptor.slept,
             "epoll_pwait, a self-pipe and signalfd do not lose it");

  const Loop loop(Way::kSignalfd);
  for (int i = 0; i < 3; ++i) (void)std::raise(SIGUSR1);
  lab::shown(loop.read_all() == 1, "signals do not queue: three that were not yet taken are one");
}

// --- SIGPIPE -------------------------------------------------------------------------------------

// A child writes to a client that has gone. The signal that ends it, negative; or the error that it gets.
int end_of_writer(bool ignore, int flags) {
  const pid_t child = lab::must(::fork(), "fork");
  if (child == 0) {
    (void)std::signal(SIGPIPE, ignore ? SIG_IGN : SIG_DFL);
    int ends[2];
    lab::must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
    ::close(ends[1]);
    ::_exit(::send(ends[0], "x", 1, flags) < 0 ? errno : 0);
  }
  int status = 0;
  lab::must(::waitpid(child, &status, 0), "waitpid");
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void show_broken_pipe() {
  const int by_default = end_of_writer(false, 0);
  const int ignored = end_of_writer(true, 0);
  const int unsignalled = end_of_writer(false, MSG_NOSIGNAL);
  std::printf("\na process that writes to a client that has gone\n");
  for (const auto& [name, end] : {std::pair("by default:   ", by_default),
                                  {"SIG_IGN:      ", ignored},
                                  {"MSG_NOSIGNAL: ", unsignalled}})
    std::printf("  %s %s\n", name, end < 0 ? "ended by SIGPIPE" : end == EPIPE ? "EPIPE" : "nothing");
  std::printf("\n");
  lab::shown(by_default == -SIGPIPE,
             "one client that hangs up ends a server that has not asked to be spared SIGPIPE");
  lab::shown(ignored == EPIPE && unsignalled == EPIPE,
             "ignored, or with MSG_NOSIGNAL, it is an error of that one call");
}

}  // namespace

int main() {
  show_bad_moment();
  show_interruptions();
  show_lost_signal();
  show_broken_pipe();
  return lab::verdict();
}
