// Time as values. Whoever needs the time is handed a Now; only the edges (event loops,
// worker threads, main) read a clock, so everything between them can be tested with a fake one.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

namespace pollux {

using std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

// A clock to be read: steady_now, or that of a test.
using Clock = TimePoint (*)();
[[nodiscard]] inline TimePoint steady_now() { return std::chrono::steady_clock::now(); }

struct Now {
  TimePoint steady;  // For deadlines and durations: never jumps.
  WallTime wall;     // For dates people read.

  [[nodiscard]] static Now read() {
    return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
  }
};

// A file's time, since 1970.
[[nodiscard]] constexpr std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace pollux
