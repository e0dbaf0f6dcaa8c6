// A hashed timing wheel: arm, move and cancel a timer in O(1), however many there are.
// (G. Varghese, T. Lauck: Hashed and Hierarchical Timing Wheels, SOSP 1987, scheme 6.)
//
//        hand
//         v
//   +---+---+---+---+- ... -+---+     A slot is a doubly linked list of timers.
//   |   |   | * |   |       |   |     A timer due in t goes to slot (t / kTick) mod kSlots,
//   +---+---+-|-+---+- ... -+---+     and stays there for as many rounds as it takes.
//             v
//         timer <-> timer
//
// A timer never fires early and at most one tick late. TinyWebServer keeps a list sorted by
// time (sort_timer_lst), where arming is O(n): with 10,000 connections, 10,000 steps a request.
//
// Thread: the one thread of the loop that owns the wheel.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/clock.h"

namespace pollux {

class TimingWheel;

// Embedded in the object that it notifies, which it does not own. Cancels itself when destroyed.
class Timer {
 public:
  using Callback = std::function<void(TimePoint now)>;

  explicit Timer(Callback callback) : callback_(std::move(callback)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  [[nodiscard]] bool armed() const { return wheel_ != nullptr; }
  // REQUIRES: armed().
  [[nodiscard]] TimePoint due() const { return due_; }

 private:
  friend class TimingWheel;

  Callback callback_;
  TimingWheel* wheel_ = nullptr;
  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  TimePoint due_;
  std::size_t slot_ = 0;
};

class TimingWheel {
 public:
  static constexpr milliseconds kTick{32};
  static constexpr std::size_t kSlots = 1024;

  explicit TimingWheel(TimePoint start) : start_(start) {}
  TimingWheel(const TimingWheel&) = delete;
  TimingWheel& operator=(const TimingWheel&) = delete;

  // Arms the timer, or moves it if it is armed. A time in the past fires at the next advance().
  void arm(Timer& timer, TimePoint due);
  void cancel(Timer& timer);

  // Fires the timers that are due. A callback may arm, cancel or destroy any timer, its own included.
  void advance(TimePoint now);

  // The time of the next advance(): the end of the tick in which a timer may be due. std::nullopt when none
  // is armed.
  [[nodiscard]] std::optional<TimePoint> next_due() const;

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  [[nodiscard]] std::int64_t tick_of(TimePoint time) const { return (time - start_) / kTick; }
  void fire_slot(std::size_t slot, TimePoint now);
  void unlink(Timer& timer);

  TimePoint start_;
  std::int64_t hand_ = 0;                              // Earlier ticks have been fired.
  std::array<Timer*, kSlots> slots_{};                 // Heads of the lists.
  std::array<std::uint64_t, kSlots / 64> occupied_{};  // A bit for each slot that is not empty.
  Timer* upcoming_ = nullptr;  // While a slot fires: the timer to look at next, which unlink() keeps valid.
  std::size_t size_ = 0;
};

}  // namespace pollux
