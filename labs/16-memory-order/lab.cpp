// What several threads do to a counter, and what a processor does to a store and the load behind it.
#include "lab.h"

#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "base/metrics.h"

namespace {

using Time = std::chrono::steady_clock;
using pollux::metrics::Counter;

constexpr std::uint64_t kEach = 1'000'000;  // Increments of each thread.
constexpr int kThreads = 2;

std::uint64_t nanoseconds_since(Time::time_point begun) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Time::now() - begun).count());
}

// The processors that this process may use, as they are when it starts.
const std::vector<int>& processors() {
  static const std::vector<int> all = [] {
    cpu_set_t set;
    lab::must(::sched_getaffinity(0, sizeof set, &set), "sched_getaffinity");
    std::vector<int> list;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &set)) list.push_back(i);
    }
    return list;
  }();
  return all;
}

// Keeps the calling thread on the n-th of them, so that two threads do not share one.
void stay_on(int n) {
  const std::vector<int>& all = processors();
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(all[static_cast<std::size_t>(n) % all.size()], &set);
  lab::must(::sched_setaffinity(0, sizeof set, &set), "sched_setaffinity");
}

// Runs `work(thread)` on all threads, which begin together. Returns nanoseconds for each increment.
double on_all_threads(const std::function<void(int)>& work) {
  std::atomic<int> ready{0};
  const auto begun = Time::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      stay_on(i);
      for (++ready; ready.load() < kThreads;) ::sched_yield();
      work(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(nanoseconds_since(begun)) / static_cast<double>(kThreads * kEach);
}

// --- Counters

// What ++counter compiles to for a plain integer: a load, an addition, a store. Written with an atomic, so
// that the program is defined (a plain one would be a data race) and the compiler keeps the three steps.
void load_add_store(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

// How many of the increments were lost. A loss takes two threads within the same three steps, so it is tried
// a few times on a machine that has little time for us.
std::uint64_t lost_by_load_add_store(double& cost) {
  std::uint64_t lost = 0;
  for (int round = 0; round < 200 && lost == 0; ++round) {
    std::atomic<std::uint64_t> counter{0};
    cost = on_all_threads([&](int) {
      for (std::uint64_t i = 0; i < kEach; ++i) load_add_store(counter);
    });
    lost = kThreads * kEach - counter.load();
  }
  return lost;
}

std::uint64_t lost_by_fetch_add(double& cost) {
  std::atomic<std::uint64_t> counter{0};
  cost = on_all_threads([&](int) {
    for (std::uint64_t i = 0; i < kEach; ++i) counter.fetch_add(1, std::memory_order_relaxed);
  });
  return kThreads * kEach - counter.load();
}

// A counter for each thread, in one line of the cache or each in a line of its own: the same work, and only
// the time differs.
template <std::size_t alignment>
double cost_of_neighbours() {
  struct alignas(alignment) Own {
    std::atomic<std::uint64_t> counter{0};
  };
  alignas(64) static Own own[kThreads];
  return on_all_threads([&](int thread) {
    for (std::uint64_t i = 0; i < kEach; ++i) load_add_store(own[thread].counter);
  });
}

// Pollux's own counters, read while they are written to.
bool own_blocks_are_exact(double& cost) {
  std::atomic<bool> done{false};
  bool never_back = true;
  std::thread reader([&] {
    std::uint64_t before = 0;
    while (!done.load()) {
      const std::uint64_t now = pollux::metrics::read_metrics()[Counter::kGet];
      never_back = never_back && now >= before;
      before = now;
    }
  });
  cost = on_all_threads([](int) {
    for (std::uint64_t i = 0; i < kEach; ++i) pollux::metrics::count(Counter::kGet);
  });
  done.store(true);
  reader.join();
  return never_back && pollux::metrics::read_metrics()[Counter::kGet] == kThreads * kEach;
}

// --- Store buffering
//
//   x = 1           y = 1
//   r1 = y          r2 = x          may both be 0?

class StoreBuffering {
 public:
  struct Seen {
    std::uint64_t rounds = 0;
    std::uint64_t both_zero = 0;
  };

  // This thread does the left side, another one the right side. The order is known when this is compiled: g++
  // makes of any other order seq_cst.
  template <std::memory_order order>
  void run(std::uint64_t rounds, Seen& seen) {
    round_.store(0);
    done_.store(0);
    std::thread other([&] { right_side<order>(rounds); });
    for (std::uint64_t round = 1; round <= rounds; ++round) {
      x_.store(0, std::memory_order_relaxed);
      y_.store(0, std::memory_order_relaxed);
      round_.store(round, std::memory_order_release);
      // The other side hears of the round a little later. How much later, nobody knows: all is tried.
      for (std::uint64_t i = 0; i < round % 1024; ++i) asm volatile("");
      fought_over_.store(round, std::memory_order_relaxed);
      x_.store(1, order);
      const int r1 = y_.load(order);
      wait_for(done_, round);
      if (r1 == 0 && r2_ == 0) ++seen.both_zero;
    }
    seen.rounds += rounds;
    other.join();
  }

 private:
  template <std::memory_order order>
  void right_side(std::uint64_t rounds) {
    stay_on(1);
    for (std::uint64_t round = 1; round <= rounds; ++round) {
      wait_for(round_, round);
      fought_over_.store(round, std::memory_order_relaxed);
      y_.store(1, order);
      r2_ = x_.load(order);
      done_.store(round, std::memory_order_release);
    }
  }

  // Spins, and does not let others run: a side that gave its processor away would seldom run while the other
  // does.
  static void wait_for(const std::atomic<std::uint64_t>& value, std::uint64_t least) {
    while (value.load(std::memory_order_acquire) < least) {
      if (processors().size() < 2) ::sched_yield();
    }
  }

  alignas(64) std::atomic<int> x_{0};
  alignas(64) std::atomic<int> y_{0};
  alignas(64) std::atomic<std::uint64_t> round_{0};
  alignas(64) std::atomic<std::uint64_t> done_{0};
  // Stores leave the store buffer in order, on x86. This one takes long, as both sides want its line of the
  // cache, so that x = 1 and y = 1 wait behind it.
  alignas(64) std::atomic<std::uint64_t> fought_over_{0};
  int r2_ = 0;  // Handed over with done_.
};

}  // namespace

int main() {
  (void)processors();  // Before any thread stays on one of them.
  double plain = 0, atomic = 0, own = 0;
  const std::uint64_t lost = lost_by_load_add_store(plain);
  const std::uint64_t lost_by_atomic = lost_by_fetch_add(atomic);
  const double together = cost_of_neighbours<alignof(std::atomic<std::uint64_t>)>();
  const double apart = cost_of_neighbours<64>();
  const bool exact = own_blocks_are_exact(own);

  // By turns, until it was seen a few times.
  StoreBuffering litmus;
  StoreBuffering::Seen relaxed, ordered;
  stay_on(0);
  const auto begun = Time::now();
  while (relaxed.both_zero < 5 && nanoseconds_since(begun) < 10'000'000'000) {
    litmus.run<std::memory_order_relaxed>(500, relaxed);
    litmus.run<std::memory_order_seq_cst>(500, ordered);
  }

  std::printf("two threads, %llu increments each          lost   ns each\n",
              static_cast<unsigned long long>(kEach));
  const auto row = [](const char* what, std::uint64_t lost, double cost) {
    std::printf("  %-38s %8llu %9.1f\n", what, static_cast<unsigned long long>(lost), cost);
  };
  row("one counter: load, add, store", lost, plain);
  row("one counter: fetch_add", lost_by_atomic, atomic);
  row("one each, in one line of the cache", 0, together);
  row("one each, each in a line of its own", 0, apart);
  row("base/metrics.h, read all the while", exact ? 0 : 1, own);
  std::printf("\nx = 1; r1 = y   beside   y = 1; r2 = x     rounds  both 0\n");
  std::printf("  relaxed                              %10llu %7llu\n",
              static_cast<unsigned long long>(relaxed.rounds),
              static_cast<unsigned long long>(relaxed.both_zero));
  std::printf("  seq_cst                              %10llu %7llu\n\n",
              static_cast<unsigned long long>(ordered.rounds),
              static_cast<unsigned long long>(ordered.both_zero));
  if (processors().size() < 2) {
    std::printf(
        "one processor: both zeroes cannot be seen, since a switch of threads empties the store buffer\n");
  }
  lab::shown(lost > 0 && lost_by_atomic == 0,
             "a load, an addition and a store by two threads lose increments; an atomic addition loses none");
  lab::shown(exact,
             "a counter of each thread's own loses none without an atomic addition, read all the while");
  lab::shown(relaxed.both_zero > 0 && ordered.both_zero == 0,
             "a store and the load behind it change places when they are relaxed, and never with seq_cst");
  return lab::verdict();
}
