// Turns to do something costly: so many at a time, and a queue for the others that is bounded in length and
// in time. Hashing a password takes a core and 19 MiB, so a flood of log-ins must cost waiting time, and soon
// refusals, instead of memory.
//
// First come, first served: a turn that is given back goes to the caller that has waited longest.
//
// Thread: any. Turns end before their queue does.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>

#include "base/clock.h"
#include "base/mutex.h"

namespace pollux::accounts {

class Turns {
 public:
  using Clock = std::function<TimePoint()>;
  class Turn;

  enum class State {
    kTaken,
    kQueueFull,  // max_waiting others wait already. Said at once.
    kTooLate,    // There was none until the deadline.
  };

  // REQUIRES: turns > 0.
  Turns(std::size_t turns, std::size_t max_waiting, Clock clock = std::chrono::steady_clock::now)
      : max_waiting_(max_waiting), clock_(std::move(clock)), free_(turns) {}

  [[nodiscard]] Turn wait(TimePoint deadline) EXCLUDES(mutex_);

  [[nodiscard]] std::size_t waiting() const EXCLUDES(mutex_);

 private:
  [[nodiscard]] State take(TimePoint deadline) EXCLUDES(mutex_);
  void give_back() EXCLUDES(mutex_);

  const std::size_t max_waiting_;
  const Clock clock_;

  mutable Mutex mutex_;
  CondVar given_;
  std::size_t free_ GUARDED_BY(mutex_);  // Not 0 only while nobody waits.
  // The callers that wait, each with a mark on its stack: has it been given a turn?
  std::deque<bool*> queue_ GUARDED_BY(mutex_);
};

// A turn, or the reason why there is none.
class Turns::Turn {
 public:
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (state_ == State::kTaken) turns_.give_back();
  }

  [[nodiscard]] State state() const { return state_; }

 private:
  friend class Turns;
  Turn(Turns& turns, State state) : turns_(turns), state_(state) {}

  Turns& turns_;
  const State state_;
};

}  // namespace pollux::accounts
