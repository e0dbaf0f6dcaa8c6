// How many attempts, how long to wait, and that memory is bounded.
#include "base/throttle.h"

#include <gtest/gtest.h>

#include <string>

namespace pollux {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr ThrottleLimits kLimits{3, seconds(10)};
const TimePoint kStart = TimePoint(std::chrono::hours(1));

// Waits as little as it must, and is charged then.
milliseconds attempt(Throttle& throttle, std::string_view key, TimePoint now) {
  const milliseconds wait = throttle.wait(key, now);
  if (wait == milliseconds(0)) throttle.charge(key, now);
  return wait;
}

TEST(Throttle, BurstThenOneForEachInterval) {
  Throttle throttle(kLimits);
  const struct {
    seconds at;
    seconds wait;
  } table[] = {{seconds(0), seconds(0)},   {seconds(0), seconds(0)},   {seconds(0), seconds(0)},
               {seconds(0), seconds(10)},  {seconds(4), seconds(6)},   {seconds(10), seconds(0)},
               {seconds(10), seconds(10)}, {seconds(30), seconds(0)},  {seconds(30), seconds(0)},
               {seconds(30), seconds(10)}, {seconds(1000), seconds(0)}};
  for (const auto& row : table) {
    EXPECT_EQ(attempt(throttle, "anna", kStart + row.at), row.wait) << row.at.count();
  }
}

TEST(Throttle, KeysAreApart) {
  Throttle throttle(kLimits);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(attempt(throttle, "anna", kStart), seconds(0));
  EXPECT_NE(throttle.wait("anna", kStart), seconds(0));
  EXPECT_EQ(throttle.wait("otto", kStart), seconds(0));
  EXPECT_EQ(throttle.keys(), 1U);
}

TEST(Throttle, WhatWasUnderWayAtOnceIsWaitedForAfterwards) {
  Throttle throttle(kLimits);
  for (int i = 0; i < 8; ++i) throttle.charge("anna", kStart);
  EXPECT_EQ(throttle.wait("anna", kStart), seconds(60));
}

TEST(Throttle, MemoryIsBoundedAndWhoIsWaitingIsRemembered) {
  Throttle throttle(kLimits, 64);
  for (int i = 0; i < 3; ++i) throttle.charge("anna", kStart);
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(attempt(throttle, std::to_string(i), kStart + milliseconds(i % 100)), seconds(0));
    EXPECT_LE(throttle.keys(), 64U);
  }
  EXPECT_NE(throttle.wait("anna", kStart + seconds(1)), seconds(0));
}

}  // namespace
}  // namespace pollux
