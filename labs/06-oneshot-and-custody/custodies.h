// Two ways to hand a connection over that are wrong. The right one is net/custody.h.
#pragma once

#include <cstdint>

#include "tests/net/interleavings.h"

using pollux::net::test::SteppedAtomic;

// "Somebody has it": a thread that finds it held goes away, and what it came for is forgotten.
class OnlyAFlag {
 public:
  enum Mark : std::uint8_t { kReady = 2, kWoken = 4 };
  using Marks = std::uint8_t;

  bool take(Mark /*mark*/) { return held_.exchange(1) == 0; }
  Marks let_go() {
    held_.store(0);
    return 0;
  }

 private:
  SteppedAtomic<std::uint8_t> held_{0};
};

// It leaves a mark, but the holder takes the marks by a load and a store: a mark that comes in between is
// erased.
class MarksInTwoSteps {
 public:
  enum Mark : std::uint8_t { kReady = 2, kWoken = 4 };
  using Marks = std::uint8_t;

  bool take(Mark mark) {
    std::uint8_t before = bits_.load();
    while (!bits_.compare_exchange_strong(before,
                                          static_cast<std::uint8_t>(before == 0 ? kHeld : before | mark),
                                          std::memory_order_acq_rel, std::memory_order_relaxed)) {
    }
    return before == 0;
  }
  Marks let_go() {
    std::uint8_t held = kHeld;
    if (bits_.compare_exchange_strong(held, 0, std::memory_order_acq_rel, std::memory_order_relaxed))
      return 0;
    const std::uint8_t marks = bits_.load();
    bits_.store(kHeld);
    return static_cast<Marks>(marks & ~kHeld);
  }

 private:
  static constexpr std::uint8_t kHeld = 1;

  SteppedAtomic<std::uint8_t> bits_{0};
};
