// What it costs to move a timer: in a sorted list (TinyWebServer's), in a heap, and in Pollux's timing wheel.
//
// Each request moves the timer of its connection to "now plus the timeout". Everything is compiled so that
// each step, a basic block of the program, calls the function below (-fsanitize-coverage=trace-pc). So the
// steps of all three are counted alike, and the wheel is the real one.
#include "lab.h"

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <random>
#include <vector>

#include "timer/timing_wheel.h"

namespace {
volatile std::uint64_t steps = 0;
}

extern "C" __attribute__((no_sanitize_coverage)) void __sanitizer_cov_trace_pc() { steps = steps + 1; }

namespace {

using pollux::milliseconds;
using pollux::TimePoint;

constexpr TimePoint kStart{};
constexpr milliseconds kTimeout(15'000);
constexpr int kMoves = 300;

// As sort_timer_lst does it: looks for the place from here towards the end.
class SortedList {
 public:
  explicit SortedList(std::size_t timers) {
    for (std::size_t i = 0; i < timers; ++i)
      places_.push_back(timers_.insert(timers_.end(), first_due(i, timers)));
  }
  void move(std::size_t timer, TimePoint due) {
    auto place = std::next(places_[timer]);
    timers_.erase(places_[timer]);
    while (place != timers_.end() && *place <= due) ++place;
    places_[timer] = timers_.insert(place, due);
  }
  // The timers' first deadlines are spread over a timeout, in the order of their numbers.
  static TimePoint first_due(std::size_t timer, std::size_t timers) {
    return kStart + std::chrono::duration_cast<milliseconds>(kTimeout * timer / timers);
  }

 private:
  std::list<TimePoint> timers_;
  std::vector<std::list<TimePoint>::iterator> places_;
};

// A binary heap that knows where each timer is.
class Heap {
 public:
  explicit Heap(std::size_t timers) : places_(timers) {
    for (std::size_t i = 0; i < timers; ++i) {
      heap_.push_back({SortedList::first_due(i, timers), i});
      places_[i] = i;
    }
  }
  void move(std::size_t timer, TimePoint due) {  // Later, so it sinks.
    std::size_t at = places_[timer];
    heap_[at].due = due;
    while (true) {
      std::size_t child = 2 * at + 1;
      if (child >= heap_.size()) return;
      if (child + 1 < heap_.size() && heap_[child + 1].due < heap_[child].due) ++child;
      if (heap_[at].due <= heap_[child].due) return;
      std::swap(heap_[at], heap_[child]);
      std::swap(places_[heap_[at].timer], places_[heap_[child].timer]);
      at = child;
    }
  }

 private:
  struct Entry {
    TimePoint due;
    std::size_t timer;
  };
  std::vector<Entry> heap_;
  std::vector<std::size_t> places_;
};

class Wheel {
 public:
  explicit Wheel(std::size_t timers) {
    for (std::size_t i = 0; i < timers; ++i) {
      timers_.push_back(std::make_unique<pollux::Timer>([](TimePoint) {}));
      wheel_.arm(*timers_.back(), SortedList::first_due(i, timers));
    }
  }
  void move(std::size_t timer, TimePoint due) { wheel_.arm(*timers_[timer], due); }

 private:
  pollux::TimingWheel wheel_{kStart};
  std::vector<std::unique_ptr<pollux::Timer>> timers_;
};

struct Cost {
  std::uint64_t usual;  // Steps of a move, on average;
  std::uint64_t most;   // and of the dearest one.
};

// Not inlined: the compiler counts the steps after it has moved code about.
template <class Timers>
[[gnu::noipa]] void move(Timers& timers, std::size_t timer, TimePoint due) {
  timers.move(timer, due);
}

template <class Timers>
Cost cost_of_moves(std::size_t count) {
  Timers timers(count);
  std::mt19937 random(1);  // NOLINT: the same connections for all three.
  Cost cost{};
  for (int i = 0; i < kMoves; ++i) {
    // Every tenth is the one that is due next: its client has been silent for longest. It has the longest
    // way.
    const auto next = static_cast<std::size_t>(i / 10);
    const std::size_t timer = i % 10 == 0 ? next : random() % count;
    const TimePoint due = kStart + kTimeout + milliseconds(i);
    const std::uint64_t before = steps;
    move(timers, timer, due);
    const std::uint64_t taken = steps - before;
    cost.usual += taken;
    cost.most = std::max(cost.most, taken);
  }
  cost.usual /= kMoves;
  return cost;
}

// Whether a wheel fires each timer once, never early, and at most a tick late, however rarely it is asked.
bool fires_in_time() {
  pollux::TimingWheel wheel(kStart);
  std::vector<std::unique_ptr<pollux::Timer>> timers;
  std::mt19937 random(2);
  int fired = 0;
  bool right = true;
  TimePoint last_asked = kStart;
  for (int i = 0; i < 2000; ++i) {
    const TimePoint due = kStart + milliseconds(random() % 120'000);  // Almost four rounds of the wheel.
    timers.push_back(std::make_unique<pollux::Timer>([&, due](TimePoint now) {
      ++fired;
      right = right && due <= now && due + pollux::TimingWheel::kTick > last_asked;
    }));
    wheel.arm(*timers.back(), due);
  }
  for (TimePoint now = kStart; wheel.size() > 0; now += milliseconds(random() % 500)) {
    wheel.advance(now);
    last_asked = now;
  }
  return right && fired == 2000;
}

}  // namespace

int main() {
  const std::size_t counts[] = {1'000, 10'000, 100'000};
  Cost list[3];
  Cost heap[3];
  Cost wheel[3];
  std::printf("steps to move one of n timers, on average (at most)\n");
  std::printf("        n          sorted list              heap             wheel\n");
  for (int i = 0; i < 3; ++i) {
    list[i] = cost_of_moves<SortedList>(counts[i]);
    heap[i] = cost_of_moves<Heap>(counts[i]);
    wheel[i] = cost_of_moves<Wheel>(counts[i]);
    std::printf("  %7zu   %8ju (%7ju)   %6ju (%6ju)   %6ju (%5ju)\n", counts[i], list[i].usual, list[i].most,
                heap[i].usual, heap[i].most, wheel[i].usual, wheel[i].most);
  }
  std::printf("\n");
  lab::shown(list[1].usual > 5 * list[0].usual && list[2].usual > 5 * list[1].usual,
             "in a sorted list, ten times the timers are about ten times the steps: O(n)");
  lab::shown(
      heap[2].most > heap[0].most && heap[2].most < 3 * heap[0].most && heap[2].most * 100 < list[2].most,
      "in a heap, a hundred times the timers are a few steps more: O(log n)");
  lab::shown(wheel[2].most <= 2 * wheel[0].most && wheel[2].most <= 30,
             "in the wheel, the number of timers makes no difference: O(1)");
  lab::shown(fires_in_time(),
             "the wheel is coarse and never early: a timer fires within a tick, or when next asked");
  return lab::verdict();
}
