#include "timer/timing_wheel.h"

#include <algorithm>
#include <bit>

#include "base/metrics.h"

namespace pollux {

Timer::~Timer() {
  if (wheel_ != nullptr) wheel_->cancel(*this);
}

void TimingWheel::arm(Timer& timer, TimePoint due) {
  if (timer.armed()) unlink(timer);
  const std::size_t slot = static_cast<std::size_t>(std::max(tick_of(due), hand_)) % kSlots;
  timer.wheel_ = this;
  timer.due_ = due;
  timer.slot_ = slot;
  timer.previous_ = nullptr;
  timer.next_ = slots_[slot];
  if (timer.next_ != nullptr) timer.next_->previous_ = &timer;
  slots_[slot] = &timer;
  occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  ++size_;
}

void TimingWheel::cancel(Timer& timer) {
  if (timer.armed()) unlink(timer);
}

void TimingWheel::unlink(Timer& timer) {
  if (upcoming_ == &timer) upcoming_ = timer.next_;
  if (timer.next_ != nullptr) timer.next_->previous_ = timer.previous_;
  if (timer.previous_ != nullptr) {
    timer.previous_->next_ = timer.next_;
  } else {
    slots_[timer.slot_] = timer.next_;
    if (timer.next_ == nullptr) occupied_[timer.slot_ / 64] &= ~(std::uint64_t{1} << (timer.slot_ % 64));
  }
  timer.wheel_ = nullptr;
  --size_;
}

void TimingWheel::advance(TimePoint now) {
  const std::int64_t target = tick_of(now);
  const std::int64_t first = std::max(hand_, target - static_cast<std::int64_t>(kSlots) + 1);
  hand_ = std::max(hand_, target);  // First: timers that callbacks arm for the past must be seen.
  std::int64_t tick = first;
  try {
    for (; tick <= target; ++tick) fire_slot(static_cast<std::size_t>(tick) % kSlots, now);
  } catch (...) {
    hand_ = tick;  // Timers that have not fired are still due.
    throw;
  }
}

void TimingWheel::fire_slot(std::size_t slot, TimePoint now) {
  for (Timer* timer = slots_[slot]; timer != nullptr; timer = upcoming_) {
    upcoming_ = timer->next_;
    if (timer->due_ > now) continue;  // Due in a later round, or later in this tick.
    unlink(*timer);
    metrics::count(metrics::Counter::kTimersFired);
    timer->callback_(now);  // May destroy the timer.
  }
  upcoming_ = nullptr;
}

std::optional<TimePoint> TimingWheel::next_due() const {
  if (size_ == 0) return std::nullopt;
  const auto hand = static_cast<std::size_t>(hand_) % kSlots;
  for (std::size_t ahead = 0; ahead < kSlots;) {
    const std::size_t slot = (hand + ahead) % kSlots;
    const std::uint64_t rest = occupied_[slot / 64] >> (slot % 64);
    if (rest == 0) {
      ahead += 64 - slot % 64;
      continue;
    }
    const std::size_t distance = std::min(ahead + static_cast<std::size_t>(std::countr_zero(rest)), kSlots);
    return start_ + kTick * (hand_ + static_cast<std::int64_t>(distance) + 1);
  }
  return start_ + kTick * (hand_ + static_cast<std::int64_t>(kSlots));
}

}  // namespace pollux
