#include <sys/eventfd.h>

#include "check.h"

namespace {

int descriptor(bool readable) { return ::eventfd(readable ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK); }

void calls_those_that_are_ready() {
  Dispatcher dispatcher;
  int calls = 0;
  int wrong = 0;
  dispatcher.add(descriptor(true), [&] { ++calls; });
  dispatcher.add(descriptor(false), [&] { ++wrong; });
  dispatcher.add(descriptor(true), [&] { ++calls; });
  CHECK_EQ(dispatcher.run_once(), 2);
  CHECK_EQ(dispatcher.run_once(), 2);  // Level-triggered, and nobody has read.
  CHECK_EQ(calls, 4);
  CHECK_EQ(wrong, 0);
}

// Two are ready. Whichever callback comes first puts a new descriptor in the place of the other one.
void a_stranger_gets_no_event_of_another() {
  Dispatcher dispatcher;
  int stranger = 0;
  int calls = 0;
  int fds[2] = {descriptor(true), descriptor(true)};
  for (const int which : {0, 1}) {
    dispatcher.add(fds[which], [&, which] {
      ++calls;
      const int other = fds[1 - which];
      dispatcher.remove(other);
      ::close(other);
      const int next = descriptor(false);
      CHECK_EQ(next, other);  // The kernel gives the lowest number that is free.
      dispatcher.add(next, [&] { ++stranger; });
    });
  }
  CHECK_EQ(dispatcher.run_once(), 1);
  CHECK_EQ(calls, 1);
  CHECK_EQ(stranger, 0);
  const std::uint64_t one = 1;
  for (const int fd : fds) CHECK_EQ(::write(fd, &one, sizeof one), 8);
  calls = 0;
  CHECK(dispatcher.run_once() >= 1);
  CHECK(calls + stranger >= 1);
}

void one_that_is_removed_is_not_called() {
  Dispatcher dispatcher;
  int calls = 0;
  const int fds[2] = {descriptor(true), descriptor(true)};
  for (const int which : {0, 1}) {
    dispatcher.add(fds[which], [&, which] {
      ++calls;
      dispatcher.remove(fds[1 - which]);
    });
  }
  CHECK_EQ(dispatcher.run_once(), 1);
  CHECK_EQ(calls, 1);
}

struct Captured {
  explicit Captured(bool& destroyed) : destroyed_(destroyed) {}
  ~Captured() { destroyed_ = true; }
  bool& destroyed_;
};

void one_may_remove_itself() {
  Dispatcher dispatcher;
  bool destroyed = false;
  bool destroyed_while_running = false;
  const int fd = descriptor(true);
  dispatcher.add(fd, [&destroyed, &destroyed_while_running, &dispatcher, fd,
                      captured = std::make_shared<Captured>(destroyed)] {
    const bool& gone = destroyed;
    bool& result = destroyed_while_running;
    dispatcher.remove(fd);
    result = gone;
  });
  CHECK_EQ(dispatcher.run_once(), 1);
  CHECK(!destroyed_while_running);
  CHECK(destroyed);
  CHECK_EQ(dispatcher.run_once(), 0);
}

void one_is_destroyed_at_once_between_two_batches() {
  Dispatcher dispatcher;
  bool destroyed = false;
  const int fd = descriptor(true);
  dispatcher.add(fd, [captured = std::make_shared<Captured>(destroyed)] {});
  dispatcher.remove(fd);
  CHECK_EQ(dispatcher.run_once(), 0);
  CHECK(destroyed);
}

}  // namespace

int main() {
  calls_those_that_are_ready();
  one_that_is_removed_is_not_called();
  a_stranger_gets_no_event_of_another();
  one_may_remove_itself();
  one_is_destroyed_at_once_between_two_batches();
  return exercise::verdict();
}
