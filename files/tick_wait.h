// Waits for the kernel's next tick, after which a file cannot change any more without getting another time
// (base/file_version.h).
//
// It blocks the calling thread, perhaps an event loop, for 2 to 11 ms. So there is a budget: all waits
// together take a tenth of one thread's time, whatever clients ask for and however many files are changing.
//
// Thread: any.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace pollux::files {

class TickWait {
 public:
  static constexpr milliseconds kSaved{100};  // The maximum of unused waiting time that the budget saves.
  static constexpr int kShare = 10;           // One part in so many of the time is for waiting.

  // Sleeps until the current tick is over. false: the budget is used up, and the thread did not sleep.
  [[nodiscard]] bool wait(TimePoint now);

  // The same without the sleep: takes `cost` from the budget.
  [[nodiscard]] bool admit(TimePoint now, std::chrono::nanoseconds cost);

 private:
  // When the budget will be full again; in the past if it is full. Relaxed: it guards nothing but itself.
  std::atomic<TimePoint> full_{TimePoint()};
};

}  // namespace pollux::files
