// The same wait by select(2), poll(2) and epoll(7): what it costs with few and many descriptors, idle and
// busy. Then what each of them cannot do.
#undef _FORTIFY_SOURCE  // With it, FD_SET ends the program where this lab wants to look.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstring>

#include "by_epoll.h"
#include "by_poll.h"
#include "by_select.h"
#include "crowd.h"

namespace {

constexpr int kFew = 50;

// Nanoseconds for a wait that finds the one that is ready.
template <class Way>
double wait_among(int count) {
  const Crowd crowd(count, false);
  Way way(crowd.fds());
  return nanoseconds([&] {
    const std::vector<int> ready = way.wait();
    if (ready.size() != 1 || ready.front() != crowd.last()) lab::must(-1, "another descriptor was reported");
  });
}

template <class Way>
double wait_for_all(int count) {
  const Crowd crowd(count, true);
  Way way(crowd.fds());
  return nanoseconds(
      [&] { lab::must(way.wait().size() == crowd.fds().size() ? 0 : -1, "not all are reported"); });
}

// A descriptor that is waited for once, as that of a client who asks once and goes.
double wait_once_by_poll() {
  const Crowd crowd(1, true);
  return nanoseconds([&] { (void)ByPoll(crowd.fds()).wait(); });
}

double wait_once_by_epoll() {
  const Crowd crowd(1, true);
  ByEpoll way({});
  return nanoseconds([&] {
    way.add(crowd.last());
    (void)way.wait();
    way.remove(crowd.last());
  });
}

int many_descriptors() {
  rlimit limit{};
  lab::must(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  lab::must(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur - 50, 10'000));
}

void what_a_wait_costs() {
  const int many = many_descriptors();
  const double few_poll = wait_among<ByPoll>(kFew), many_poll = wait_among<ByPoll>(many);
  const double few_epoll = wait_among<ByEpoll>(kFew), many_epoll = wait_among<ByEpoll>(many);
  const double few_select = wait_among<BySelect>(kFew), more_select = wait_among<BySelect>(kFew * 9);
  const double busy_poll = wait_for_all<ByPoll>(kFew), busy_epoll = wait_for_all<ByEpoll>(kFew);
  const double more_busy_epoll = wait_for_all<ByEpoll>(kFew * 10);
  const double once_poll = wait_once_by_poll(), once_epoll = wait_once_by_epoll();

  std::printf("a wait, in microseconds               select     poll    epoll\n");
  std::printf("  %5d descriptors, one is ready    %8.1f %8.1f %8.1f\n", kFew, few_select / 1e3,
              few_poll / 1e3, few_epoll / 1e3);
  std::printf("  %5d descriptors, one is ready           - %8.1f %8.1f\n", many, many_poll / 1e3,
              many_epoll / 1e3);
  std::printf("  %5d descriptors, all are ready          - %8.1f %8.1f\n", kFew, busy_poll / 1e3,
              busy_epoll / 1e3);
  std::printf("  one descriptor, waited for once          - %8.1f %8.1f\n\n", once_poll / 1e3,
              once_epoll / 1e3);

  lab::shown(more_select > 2 * few_select && many_poll > 10 * few_poll,
             "select and poll look at every descriptor in each call: their cost grows with the idle ones");
  lab::shown(many_epoll < 10 * few_epoll && many_poll > 20 * many_epoll,
             "epoll's does not: it has a list of those that are ready");
  lab::shown(more_busy_epoll > 3 * busy_epoll, "when all are ready, epoll looks at all of them as well");
  lab::shown(once_epoll > once_poll,
             "a descriptor that is waited for once costs more with epoll: it has to be registered first");
}

// A set has room for 1,024 descriptors, whatever number the system allows, and FD_SET does not look.
void the_end_of_a_set() {
  std::vector<unsigned char> memory(2 * sizeof(fd_set));
  volatile int descriptor = FD_SETSIZE + 6;
  FD_SET(descriptor, reinterpret_cast<fd_set*>(memory.data()));
  lab::shown(memory[sizeof(fd_set)] == 1 << 6,
             "an fd_set ends at descriptor 1,023: FD_SET of a higher one writes into what lies behind it");
}

void a_regular_file() {
  char name[] = "/tmp/lab-XXXXXX";
  const int file = lab::must(::mkstemp(name), "mkstemp");
  ::unlink(name);
  const int epoll = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  epoll_event event{};
  event.events = EPOLLIN;
  const bool refused = ::epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event) == -1 && errno == EPERM;
  pollfd entry{file, POLLIN | POLLOUT, 0};
  const bool ready = ::poll(&entry, 1, 0) == 1 && entry.revents == (POLLIN | POLLOUT);
  lab::shown(refused && ready,
             "a regular file is always ready to poll, even an empty one, so epoll refuses it: EPERM");
}

// What is registered is the open file, not the number.
void a_duplicate() {
  int ends[2];
  lab::must(::pipe2(ends, O_CLOEXEC), "pipe2");
  const int duplicate = lab::must(::dup(ends[0]), "dup");
  ByEpoll way({ends[0]});
  ::close(ends[0]);
  lab::must(::write(ends[1], "x", 1), "write");
  const std::vector<int> ready = way.wait();
  lab::shown(
      ready.size() == 1 && ready.front() == ends[0] && ::fcntl(ends[0], F_GETFD) == -1 && errno == EBADF,
      "closing a descriptor does not end its registration while a duplicate is open: epoll reports a number "
      "that is closed");
  ::close(duplicate);
  ::close(ends[1]);
}

}  // namespace

int main() {
  what_a_wait_costs();
  the_end_of_a_set();
  a_regular_file();
  a_duplicate();
  return lab::verdict();
}
