#include "timer/timing_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

namespace pollux {
namespace {

constexpr TimePoint kStart{std::chrono::hours(1000)};

TEST(TimingWheel, FiresNeverEarlyAndAtMostOneTickLate) {
  // Delays in milliseconds: within a tick, over many, over a whole revolution, in the past.
  for (const int delay :
       {0, 1, 31, 32, 33, 500, 15'000, 32'767, 32'768, 32'769, 60'000, 3'600'000, -5, -100'000}) {
    TimingWheel wheel(kStart);
    TimePoint fired{};
    Timer timer([&](TimePoint now) { fired = now; });
    const TimePoint due = kStart + milliseconds(delay);
    wheel.arm(timer, due);
    TimePoint now = kStart;
    while (fired == TimePoint{}) {
      ASSERT_TRUE(wheel.next_due());
      now = std::max(now, *wheel.next_due());
      wheel.advance(now);
      ASSERT_LE(now, std::max(due, kStart) + 2 * TimingWheel::kTick) << delay;
    }
    EXPECT_GE(fired, due) << delay;
    EXPECT_LE(fired, std::max(due, kStart) + TimingWheel::kTick) << delay;
    EXPECT_FALSE(timer.armed());
    EXPECT_FALSE(wheel.next_due());
  }
}

TEST(TimingWheel, WhatAnExceptionHasKeptFromFiringIsStillDue) {
  TimingWheel wheel(kStart);
  bool fired = false;
  Timer first([](TimePoint) { throw std::runtime_error("oops"); });
  Timer second([&](TimePoint) { fired = true; });
  wheel.arm(first, kStart + TimingWheel::kTick);
  wheel.arm(second, kStart + 3 * TimingWheel::kTick);
  const TimePoint now = kStart + 10 * TimingWheel::kTick;
  EXPECT_THROW(wheel.advance(now), std::runtime_error);
  ASSERT_TRUE(wheel.next_due());
  EXPECT_LE(*wheel.next_due(), now);
  wheel.advance(now);
  EXPECT_TRUE(fired);
}

TEST(TimingWheel, OneLateAdvanceFiresEverythingThatIsDue) {
  TimingWheel wheel(kStart);
  int fired = 0;
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 1000; ++i) {
    timers.push_back(std::make_unique<Timer>([&](TimePoint) { ++fired; }));
    wheel.arm(*timers.back(), kStart + milliseconds(i * 97));
  }
  wheel.advance(kStart + std::chrono::hours(1));
  EXPECT_EQ(fired, 1000);
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimingWheel, MovesAndCancels) {
  TimingWheel wheel(kStart);
  int fired = 0;
  Timer timer([&](TimePoint) { ++fired; });
  wheel.arm(timer, kStart + milliseconds(100));
  wheel.arm(timer, kStart + milliseconds(1000));
  wheel.advance(kStart + milliseconds(500));
  EXPECT_EQ(fired, 0);
  EXPECT_EQ(wheel.size(), 1U);
  wheel.cancel(timer);
  wheel.cancel(timer);
  wheel.advance(kStart + milliseconds(5000));
  EXPECT_EQ(fired, 0);
  {
    Timer gone([&](TimePoint) { ++fired; });
    wheel.arm(gone, kStart + milliseconds(6000));
  }
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimingWheel, ACallbackMayArmCancelAndDestroyAnyTimer) {
  TimingWheel wheel(kStart);
  std::vector<std::unique_ptr<Timer>> same_slot(4);
  int fired = 0;
  for (auto& slot : same_slot) {
    slot = std::make_unique<Timer>([&](TimePoint now) {
      ++fired;
      for (auto& other : same_slot) {  // The first to fire takes all others with it, itself included.
        if (other && other->armed()) wheel.cancel(*other);
      }
      auto dying = std::move(same_slot);
      same_slot.resize(1);
      same_slot[0] = std::make_unique<Timer>([&](TimePoint) { fired += 100; });
      wheel.arm(*same_slot[0], now);
    });
    wheel.arm(*slot, kStart + milliseconds(40));
  }
  wheel.advance(kStart + milliseconds(40));
  EXPECT_EQ(fired % 100, 1);
  wheel.advance(kStart + milliseconds(80));
  EXPECT_EQ(fired, 101);
}

// A model: a multimap ordered by time. Random arms, moves, cancels and advances must agree with it.
TEST(TimingWheel, AgreesWithASortedList) {
  std::mt19937 random(7);
  TimingWheel wheel(kStart);
  std::vector<std::unique_ptr<Timer>> timers;
  std::map<int, TimePoint> model;
  std::vector<int> fired;
  for (int i = 0; i < 200; ++i)
    timers.push_back(std::make_unique<Timer>([&fired, i](TimePoint) { fired.push_back(i); }));

  TimePoint now = kStart;
  for (int step = 0; step < 20'000; ++step) {
    const int which = static_cast<int>(random() % timers.size());
    if (random() % 4 == 0) {
      wheel.cancel(*timers[static_cast<std::size_t>(which)]);
      model.erase(which);
    } else {
      const TimePoint due = now + milliseconds(random() % 70'000);
      wheel.arm(*timers[static_cast<std::size_t>(which)], due);
      model[which] = due;
    }
    now += milliseconds(random() % 50);
    fired.clear();
    wheel.advance(now);
    for (const int id : fired) {
      ASSERT_TRUE(model.contains(id));
      ASSERT_LE(model[id], now);
      model.erase(id);
    }
    for (const auto& [id, due] : model) ASSERT_GT(due, now) << "timer " << id << " was due and did not fire";
    ASSERT_EQ(wheel.size(), model.size());
  }
}

}  // namespace
}  // namespace pollux
