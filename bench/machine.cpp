// bench_machine: what the machine's kernel takes for a system call and for a context switch, as JSON.
//
//   {"syscall_ns": 75, "switch_ns": 1900, "wake_ns": 5200}
//
// syscall_ns   getppid(2), the least a system call can do; what page-table isolation adds is in it
// switch_ns    two threads on one core that hand a turn to each other: one wakes the other (FUTEX_WAKE) and
//              sleeps (FUTEX_WAIT), and the core changes over. For one turn: two system calls and a switch
// wake_ns      the same where the scheduler may place them: with several cores, waking a core that sleeps
//
// Each is the least of some batches: what else the machine does can only add to it.
#include <fmt/format.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <exception>
#include <system_error>
#include <thread>

namespace pollux::bench {
namespace {

constexpr int kBatches = 9;
constexpr std::uint32_t kCalls = 100'000;  // Of a batch: some ten milliseconds.
constexpr std::uint32_t kTurns = 4'000;    // Of both threads. The same.

using Clock = std::chrono::steady_clock;

// Nanoseconds for one of `count` things that `batch` does.
template <typename Batch>
double least_of(std::uint32_t count, Batch batch) {
  auto least = Clock::duration::max();
  for (int i = 0; i < kBatches; ++i) {
    const auto begin = Clock::now();
    batch();
    least = std::min(least, Clock::now() - begin);
  }
  return std::chrono::duration<double, std::nano>(least).count() / count;
}

void make_calls() {
  for (std::uint32_t i = 0; i < kCalls; ++i) (void)::syscall(SYS_getppid);
}

// Whose turn it is, by parity. Both threads sleep on it (futex(2)).
class Turns {
 public:
  // Takes every second turn. Thread: one with each `parity`.
  void play(std::uint32_t parity) {
    for (std::uint32_t turn = parity; turn < kTurns; turn += 2) {
      for (std::uint32_t now = turn_.load(); now != turn; now = turn_.load()) futex(FUTEX_WAIT_PRIVATE, now);
      turn_.store(turn + 1);
      futex(FUTEX_WAKE_PRIVATE, 1);
    }
  }

 private:
  void futex(int operation, std::uint32_t value) {
    (void)::syscall(SYS_futex, &turn_, operation, value, nullptr, nullptr, 0);
  }

  std::atomic<std::uint32_t> turn_{0};
};

void take_turns() {
  Turns turns;
  std::thread other([&turns] { turns.play(1); });
  turns.play(0);
  other.join();
}

// The cores this thread may run on are put back at the end. Throws std::system_error.
class OnOneCore {
 public:
  OnOneCore() {
    if (::sched_getaffinity(0, sizeof before_, &before_) != 0) fail("sched_getaffinity");
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    if (::sched_setaffinity(0, sizeof one, &one) != 0) fail("sched_setaffinity");  // Threads inherit it.
  }
  OnOneCore(const OnOneCore&) = delete;
  OnOneCore& operator=(const OnOneCore&) = delete;
  ~OnOneCore() { (void)::sched_setaffinity(0, sizeof before_, &before_); }

 private:
  [[noreturn]] static void fail(const char* what) {
    throw std::system_error(errno, std::system_category(), what);
  }

  cpu_set_t before_{};
};

double switch_on_one_core() {
  const OnOneCore one;
  return least_of(kTurns, take_turns);
}

}  // namespace
}  // namespace pollux::bench

int main() try {
  using namespace pollux::bench;
  const double syscall = least_of(kCalls, make_calls);
  const double on_one_core = switch_on_one_core();
  const double anywhere = least_of(kTurns, take_turns);
  fmt::print("{{\"syscall_ns\": {:.0f}, \"switch_ns\": {:.0f}, \"wake_ns\": {:.0f}}}\n", syscall, on_one_core,
             anywhere);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_machine: {}\n", error.what());
  return 1;
}
