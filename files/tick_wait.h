// Waiting for the kernel's next tick, for whoever must know that a file will not change any more without
// getting another time (base/file_version.h).
//
// It holds a request's thread, maybe an event loop, for 2 to 11 ms. So there is a budget: all waits
// together take a tenth of one thread's time, whatever clients ask for and however many files are changing.
//
// Thread: any.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace pollux::files {

class TickWait {
 public:
  static constexpr milliseconds kSaved{100};  // Of waiting, which the budget saves up at most.
  static constexpr int kShare = 10;           // One part in so many of the time is for waiting.

  // Sleeps until the current tick is over. false: the budget is used up, and nobody has slept.
  [[nodiscard]] bool wait(TimePoint now);

  // The same without the sleep: takes `cost` from the budget.
  [[nodiscard]] bool admit(TimePoint now, std::chrono::nanoseconds cost);

 private:
  // When the budget will be full again; in the past if it is. Relaxed: it guards nothing but itself.
  std::atomic<TimePoint> full_{TimePoint()};
};

}  // namespace pollux::files
