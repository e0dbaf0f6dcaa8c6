// A hashed timing wheel. Time is counted in ticks; a timer due at tick t is in slot t mod kSlots.
//
// This version is right as long as no timer is due more than a round ahead and advance() is called for each
// tick. Mend it so that
//
//   - a timer of a later round stays where it is while its slot is passed;
//   - nothing is lost if the loop was busy, and advance() is called after many ticks;
//   - after a very long time (the machine slept) a call looks at each slot once, not once for each round;
//   - a timer that is armed for a time in the past fires at the next call, not when its slot comes round
//     again.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

class Wheel {
 public:
  using Tick = std::int64_t;
  static constexpr Tick kSlots = 8;

  // Arms the timer, or moves it if it is armed.
  void arm(int timer, Tick due) {
    cancel(timer);
    slot(due).push_back({timer, due});
    slots_of_[timer] = due % kSlots;
  }

  void cancel(int timer) {
    const auto found = slots_of_.find(timer);
    if (found == slots_of_.end()) return;
    std::erase_if(slot(found->second), [&](const Entry& entry) { return entry.timer == timer; });
    slots_of_.erase(found);
  }

  // The timers that are due by now, which are no longer armed. `now` does not go back.
  std::vector<int> advance(Tick now) {
    std::vector<int> fired;
    for (const Entry& entry : slot(now)) {
      fired.push_back(entry.timer);
      slots_of_.erase(entry.timer);
    }
    slot(now).clear();
    return fired;
  }

 private:
  struct Entry {
    int timer;
    Tick due;
  };

  std::vector<Entry>& slot(Tick tick) { return slots_[static_cast<std::size_t>(tick % kSlots)]; }

  std::array<std::vector<Entry>, kSlots> slots_;
  std::unordered_map<int, Tick> slots_of_;  // Of the timers that are armed.
};
