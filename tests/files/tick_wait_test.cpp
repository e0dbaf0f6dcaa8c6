#include "files/tick_wait.h"

#include <gtest/gtest.h>

namespace pollux::files {
namespace {

TEST(TickWait, TakesATenthOfTheTime) {
  const TimePoint begin{std::chrono::hours(1000)};
  const milliseconds cost{5};
  TickWait ticks;
  const struct {
    const char* name;
    milliseconds at;
    int admitted;
  } rows[] = {
      {"as much as is saved up", milliseconds(0), 20},
      {"nothing is left", milliseconds(0), 0},
      {"too early", milliseconds(49), 0},
      {"one for ten times its cost", milliseconds(50), 1},
      {"and not two", milliseconds(99), 0},
      {"a second later", milliseconds(1050), 20},
      {"no more is saved up in a day", milliseconds(86'400'000), 20},
  };
  for (const auto& row : rows) {
    int admitted = 0;
    while (admitted < 100 && ticks.admit(begin + row.at, cost)) ++admitted;
    EXPECT_EQ(admitted, row.admitted) << row.name;
  }
}

TEST(TickWait, WhoMayNotWaitDoesNot) {
  const TimePoint now{std::chrono::hours(1000)};
  TickWait ticks;
  EXPECT_TRUE(ticks.wait(now));
  while (ticks.admit(now, milliseconds(1))) continue;
  EXPECT_FALSE(ticks.wait(now));
}

}  // namespace
}  // namespace pollux::files
