// Arming, moving and cancelling must cost the same with 100 timers and with 100,000.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "timer/timing_wheel.h"

namespace pollux {
namespace {

constexpr TimePoint kStart{std::chrono::hours(1000)};

// A wheel with as many timers as the benchmark's argument says, due within the next minute.
class CrowdedWheel {
 public:
  explicit CrowdedWheel(std::int64_t timers) {
    for (std::int64_t i = 0; i < timers; ++i) {
      timers_.push_back(std::make_unique<Timer>([](TimePoint) {}));
      wheel_.arm(*timers_.back(), kStart + milliseconds(i * 7919 % 60'000));
    }
  }

  [[nodiscard]] TimingWheel& wheel() { return wheel_; }
  // Another one each time, so that the figure has the cache misses of a real crowd.
  [[nodiscard]] Timer& next() { return *timers_[(at_ += 7919) % timers_.size()]; }

 private:
  TimingWheel wheel_{kStart};
  std::vector<std::unique_ptr<Timer>> timers_;
  std::size_t at_ = 0;
};

void wheel_move(benchmark::State& state) {
  CrowdedWheel crowd(state.range(0));
  int delay = 0;
  for ([[maybe_unused]] auto _ : state) {
    delay = (delay + 37) % 60'000;
    crowd.wheel().arm(crowd.next(), kStart + milliseconds(delay));
  }
}

void wheel_cancel_and_arm(benchmark::State& state) {
  CrowdedWheel crowd(state.range(0));
  int delay = 0;
  for ([[maybe_unused]] auto _ : state) {
    delay = (delay + 37) % 60'000;
    Timer& timer = crowd.next();
    crowd.wheel().cancel(timer);
    crowd.wheel().arm(timer, kStart + milliseconds(delay));
  }
}

// What the loop asks before every epoll_wait.
void wheel_next_due(benchmark::State& state) {
  CrowdedWheel crowd(state.range(0));
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(crowd.wheel().next_due());
}

BENCHMARK(wheel_move)->Arg(100)->Arg(10'000)->Arg(100'000);
BENCHMARK(wheel_cancel_and_arm)->Arg(100)->Arg(10'000)->Arg(100'000);
BENCHMARK(wheel_next_due)->Arg(1)->Arg(10'000);

}  // namespace
}  // namespace pollux
