// Clocks of tests: one that stands still until the test lets time pass, and one that a function reads.
//
// Thread: any.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace pollux::test {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] Now read() const override {
    const auto passed = passed_.load();
    return {begin_.steady + passed, begin_.wall + passed};
  }
  [[nodiscard]] TimePoint read_steady() const override { return read().steady; }

  void advance(std::chrono::nanoseconds time) { passed_.store(passed_.load() + time); }

 private:
  const Now begin_ = Now::read();
  std::atomic<std::chrono::nanoseconds> passed_{std::chrono::nanoseconds(0)};
};

class FunctionClock final : public Clock {
 public:
  using Function = TimePoint (*)();

  explicit FunctionClock(Function function) : function_(function) {}
  [[nodiscard]] Now read() const override { return {function_(), WallTime()}; }
  [[nodiscard]] TimePoint read_steady() const override { return function_(); }

 private:
  const Function function_;
};

}  // namespace pollux::test
