// Time as values. Code that needs the time gets a Now as an argument. Only the edges (event loops, worker
// threads, main) read a clock, so tests can run everything between them with a fake clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

namespace pollux {

using std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

// Nanoseconds since 1970, from a file's time or a clock's.
[[nodiscard]] constexpr std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

struct Now {
  TimePoint steady;  // For deadlines and durations: never jumps.
  WallTime wall;     // For dates that people read: accurate to the kernel's tick, 10 ms at most, as files'
                     // times are.

  [[nodiscard]] static Now read() {
    timespec wall{};
    (void)::clock_gettime(CLOCK_REALTIME_COARSE, &wall);  // Costs a fifth of CLOCK_REALTIME.
    return {std::chrono::steady_clock::now(), WallTime(std::chrono::nanoseconds(nanoseconds(wall)))};
  }
};

// The source of the time. Only tests use another one than system().
//
// Thread: any.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  [[nodiscard]] virtual Now read() const = 0;
  [[nodiscard]] virtual TimePoint read_steady() const = 0;  // That part of the time alone.

  [[nodiscard]] static const Clock& system();
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Now read() const override { return Now::read(); }
  [[nodiscard]] TimePoint read_steady() const override { return std::chrono::steady_clock::now(); }
};

inline const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

}  // namespace pollux
