// A hashed timing wheel. Time is counted in ticks; a timer due at tick t is in slot t mod kSlots.
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
    const Tick seen_next = std::max(due, hand_);  // The slot of a time in the past is behind the hand.
    slot(seen_next).push_back({timer, due});
    slots_of_[timer] = seen_next % kSlots;
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
    for (Tick tick = std::max(hand_, now - kSlots + 1); tick <= now; ++tick) fire(slot(tick), now, fired);
    hand_ = std::max(hand_, now);  // Its own slot will be looked at again: more may be armed for it.
    return fired;
  }

 private:
  struct Entry {
    int timer;
    Tick due;
  };

  void fire(std::vector<Entry>& entries, Tick now, std::vector<int>& fired) {
    std::erase_if(entries, [&](const Entry& entry) {
      if (entry.due > now) return false;  // Of a later round.
      fired.push_back(entry.timer);
      slots_of_.erase(entry.timer);
      return true;
    });
  }

  std::vector<Entry>& slot(Tick tick) { return slots_[static_cast<std::size_t>(tick % kSlots)]; }

  std::array<std::vector<Entry>, kSlots> slots_;
  std::unordered_map<int, Tick> slots_of_;  // Of the timers that are armed.
  Tick hand_ = 0;                           // Slots of earlier ticks have been looked at.
};
