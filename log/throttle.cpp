#include "log/throttle.h"

namespace pollux::log {

std::optional<std::uint64_t> Throttle::admit() {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::seconds>(clock_().time_since_epoch());
  const auto second = static_cast<std::uint32_t>(since_epoch.count());
  std::uint64_t window = window_.load(std::memory_order_relaxed);
  for (;;) {
    // A thread that read the clock before the window moved on counts in the new one.
    const auto current = static_cast<std::uint32_t>(window >> 32U);
    const bool fresh = static_cast<std::int32_t>(second - current) > 0;
    const std::uint32_t admitted = fresh ? 0 : static_cast<std::uint32_t>(window);
    if (admitted >= limit_) {
      suppressed_.fetch_add(1, std::memory_order_relaxed);
      return std::nullopt;
    }
    const std::uint64_t next = (std::uint64_t{fresh ? second : current} << 32U) | (admitted + 1);
    if (window_.compare_exchange_weak(window, next, std::memory_order_relaxed)) break;
  }
  // A plain load on the usual path: an exchange would take the cache line from the other threads.
  if (suppressed_.load(std::memory_order_relaxed) == 0) return 0;
  return suppressed_.exchange(0, std::memory_order_relaxed);
}

}  // namespace pollux::log
