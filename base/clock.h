// Time as values. Whoever needs the time is handed a Now; only the edges (event loops,
// worker threads, main) read a clock, so everything between them can be tested with a fake one.
#pragma once

#include <chrono>

namespace pollux {

using std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

struct Now {
  TimePoint steady;  // For deadlines and durations: never jumps.
  WallTime wall;     // For dates people read.

  [[nodiscard]] static Now read() {
    return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
  }
};

}  // namespace pollux
