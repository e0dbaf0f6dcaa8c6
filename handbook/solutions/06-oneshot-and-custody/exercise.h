// Whose turn it is: work that any thread may ask for, and that one at a time does.
//
//   inbox.put(message);
//   if (turn.begin()) {
//     do handle(inbox.take_all());
//     while (!turn.end());
//   }
//
// Both facts are bits of one atomic, so that they are looked at and changed in one step. A mark is only
// cleared by the exchange that returns it.
#pragma once

#include <atomic>
#include <cstdint>

// `Atomic`: std::atomic, or one of the test, which has load, store, exchange, fetch_or, and
// compare_exchange_strong with two memory orders. Each call is one step.
template <template <class> class Atomic = std::atomic>
class Turn {
 public:
  // There is something to do. true: the caller does it. false: another thread is at it, and will do it once
  // more.
  [[nodiscard]] bool begin() {
    if ((bits_.fetch_or(kRunning, std::memory_order_acquire) & kRunning) == 0) return true;
    // The other one may have ended since: then this takes the turn, and the mark costs one round more.
    return (bits_.fetch_or(kRunning | kAgain, std::memory_order_acq_rel) & kRunning) == 0;
  }

  // By the thread whose turn it is. true: its turn is over. false: somebody came meanwhile, so it has to do
  // it once more.
  [[nodiscard]] bool end() {
    std::uint8_t running = kRunning;
    if (bits_.compare_exchange_strong(running, 0, std::memory_order_release, std::memory_order_relaxed))
      return true;
    bits_.exchange(kRunning, std::memory_order_acquire);
    return false;
  }

 private:
  static constexpr std::uint8_t kRunning = 1;
  static constexpr std::uint8_t kAgain = 2;

  Atomic<std::uint8_t> bits_{0};
};
