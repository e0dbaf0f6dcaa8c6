// Runs every order of a few pushes and pops, and keeps for each thread what it knows of the other (a vector
// clock, as ThreadSanitizer does): an access to a cell that does not know of the one before it is a race,
// whatever the processor at hand makes of it. Then two real threads.
#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <string>
#include <thread>

#include "check.h"

namespace {

enum Thread { kPusher, kPopper };
using Known = std::array<int, 2>;  // How far each thread has come.

Known known[2];
Thread running = kPusher;
int races = 0;
int stronger_than_needed = 0;

void start_anew() {
  known[kPusher] = {1, 0};
  known[kPopper] = {0, 1};
}

// Accesses to what another thread may have written or read.
class Past {
 public:
  void check_and_note() {
    const int other = 1 - running;
    if (at_[other] > known[running][other]) ++races;
    at_[running] = known[running][running];
  }

 private:
  Known at_{};
};

template <class T>
class TracedCell {
 public:
  void write(T value) { past_.check_and_note(), value_ = value; }
  T read() { return past_.check_and_note(), value_; }

 private:
  Past past_;
  T value_{};
};

template <class T>
class TracedAtomic {
 public:
  explicit TracedAtomic(T value) : value_(value) {}

  T load(std::memory_order order = std::memory_order_seq_cst) const {
    if (order == std::memory_order_seq_cst) ++stronger_than_needed;
    if (order != std::memory_order_relaxed) {
      for (int i = 0; i < 2; ++i) known[running][i] = std::max(known[running][i], released_[i]);
    }
    return value_;
  }
  void store(T value, std::memory_order order = std::memory_order_seq_cst) {
    if (order == std::memory_order_seq_cst) ++stronger_than_needed;
    released_ = order == std::memory_order_relaxed ? Known{} : known[running];
    ++known[running][running];
    value_ = value;
  }

 private:
  T value_;
  Known released_{};
};

// `pops`: bit i says whether the i-th step is a pop.
void step_through(unsigned pops, int steps) {
  start_anew();
  Ring<TracedAtomic, TracedCell> ring;
  std::deque<int> expected;
  for (int i = 0; i < steps; ++i) {
    if ((pops >> i & 1) == 0) {
      running = kPusher;
      const bool room = expected.size() < ring.kCapacity;
      CHECK_EQ(ring.push(i), room);
      if (room) expected.push_back(i);
    } else {
      running = kPopper;
      const std::optional<int> popped = ring.pop();
      CHECK_EQ(popped.value_or(-1), expected.empty() ? -1 : expected.front());
      if (!expected.empty()) expected.pop_front();
    }
  }
}

template <class T>
class PlainCell {
 public:
  void write(T value) { value_ = value; }
  T read() const { return value_; }

 private:
  T value_{};
};

void two_threads() {
  constexpr int kItems = 2'000;
  Ring<std::atomic, PlainCell> ring;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  const auto late = [&] { return std::chrono::steady_clock::now() > deadline; };
  std::thread pusher([&] {
    for (int i = 0; i < kItems && !late();) {
      ring.push(i) ? void(++i) : std::this_thread::yield();
    }
  });
  int next = 0;
  bool in_order = true;
  while (next < kItems && in_order && !late()) {
    const std::optional<int> popped = ring.pop();
    if (!popped) {
      std::this_thread::yield();
      continue;
    }
    in_order = *popped == next++;
  }
  pusher.join();
  CHECK(in_order);
  CHECK(next == kItems || late());  // A busy machine may have had no time for both.
}

}  // namespace

int main() {
  constexpr int kSteps = 8;
  for (unsigned pops = 0; pops < 1U << kSteps && exercise::failed < 10; ++pops) step_through(pops, kSteps);
  CHECK_EQ(races, 0);
  CHECK_EQ(stronger_than_needed, 0);
  if (exercise::failed == 0) two_threads();
  return exercise::verdict();
}
