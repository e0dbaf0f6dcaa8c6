// A clock that stands still until a test lets time pass.
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

}  // namespace pollux::test
