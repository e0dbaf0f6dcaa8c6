#include "files/tick_wait.h"

#include <time.h>

#include <algorithm>
#include <thread>

namespace pollux::files {

bool TickWait::wait(TimePoint now) {
  struct timespec tick {};
  ::clock_getres(CLOCK_REALTIME_COARSE, &tick);
  const auto cost =
      std::chrono::nanoseconds(tick.tv_nsec) + milliseconds(1);  // The coarse clock may be late.
  if (!admit(now, cost)) return false;
  std::this_thread::sleep_for(cost);
  return true;
}

bool TickWait::admit(TimePoint now, std::chrono::nanoseconds cost) {
  TimePoint full = full_.load(std::memory_order_relaxed);
  TimePoint later;
  do {
    later = std::max(full, now) + cost * kShare;
    if (later - now > kSaved * kShare) return false;
  } while (!full_.compare_exchange_weak(full, later, std::memory_order_relaxed));
  return true;
}

}  // namespace pollux::files
