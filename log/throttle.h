// Keeps one call site from flooding the log: it limits the lines in each second, and the first line of a
// later second follows a line that says how many were suppressed.
//
//   static log::Throttle throttle(10);
//   throttle.log(log::Level::kWarn, "{}: connection reset", peer);
//
// A suppressed line costs two atomic operations, and no formatting. Seconds are those of the steady clock,
// not of a sliding window, so up to twice the limit may come within one second.
//
// Thread: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "log/logger.h"

namespace pollux::log {

class Throttle {
 public:
  using Clock = TimePoint (*)();

  constexpr explicit Throttle(std::uint32_t lines_per_second, Clock clock = std::chrono::steady_clock::now)
      : limit_(lines_per_second), clock_(clock) {}

  // std::nullopt: suppress this line, which is counted. Otherwise write it, and first report this number of
  // suppressed lines, unless it is 0.
  [[nodiscard]] std::optional<std::uint64_t> admit();

  template <typename... Args>
  void log(Level level, fmt::format_string<Args...> format, Args&&... args) {
    if (!enabled(level)) return;
    const auto suppressed = admit();
    if (!suppressed) return;
    if (*suppressed > 0) at(level, "{} lines like the next one were suppressed", *suppressed);
    detail::write(level, format, fmt::make_format_args(args...));
  }

 private:
  const std::uint32_t limit_;
  const Clock clock_;

  // The current second in the upper half, and lines admitted in it in the lower half: one word, so that both
  // change together. Relaxed: they guard nothing but themselves.
  std::atomic<std::uint64_t> window_{~std::uint64_t{0}};
  std::atomic<std::uint64_t> suppressed_{0};
};

}  // namespace pollux::log
