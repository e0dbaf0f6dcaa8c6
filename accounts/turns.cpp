#include "accounts/turns.h"

#include <algorithm>

namespace pollux::accounts {

Turns::Turn Turns::wait(TimePoint deadline) { return {*this, take(deadline)}; }

Turns::State Turns::take(TimePoint deadline) {
  const MutexLock lock(mutex_);
  if (clock_() >= deadline) return State::kTooLate;
  if (free_ > 0) {
    --free_;
    return State::kTaken;
  }
  if (queue_.size() >= max_waiting_) return State::kQueueFull;
  bool given = false;
  queue_.push_back(&given);
  while (!given) {
    const TimePoint now = clock_();
    if (now >= deadline) {
      queue_.erase(std::find(queue_.begin(), queue_.end(), &given));
      return State::kTooLate;
    }
    given_.wait_for(mutex_, std::chrono::ceil<milliseconds>(deadline - now));
  }
  return State::kTaken;
}

void Turns::give_back() {
  const MutexLock lock(mutex_);
  if (queue_.empty()) {
    ++free_;
    return;
  }
  *queue_.front() = true;
  queue_.pop_front();
  given_.notify_all();  // Only the caller that was given it goes on.
}

std::size_t Turns::waiting() const {
  const MutexLock lock(mutex_);
  return queue_.size();
}

}  // namespace pollux::accounts
