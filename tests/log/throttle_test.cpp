#include "log/throttle.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace pollux::log {
namespace {

using namespace std::chrono_literals;

std::atomic<milliseconds> fake_now;
TimePoint read_fake_clock() { return TimePoint(fake_now.load()); }

TEST(Throttle, LetsSoManyThroughEachSecond) {
  struct Case {
    milliseconds now;
    std::optional<std::uint64_t> expected;
  };
  const Case cases[] = {
      {5000ms, 0},
      {5100ms, 0},
      {5200ms, std::nullopt},
      {5999ms, std::nullopt},
      {6000ms, 2},
      {6000ms, 0},
      {6001ms, std::nullopt},
      {5999ms, std::nullopt},  // Another thread, which read the clock earlier.
      {9000ms, 2},
      {20000ms, 0},
      {20001ms, 0},
      {20002ms, std::nullopt},
  };
  Throttle throttle(2, read_fake_clock);
  for (const Case& c : cases) {
    fake_now = c.now;
    EXPECT_EQ(throttle.admit(), c.expected) << c.now.count();
  }
}

TEST(Throttle, NoneAtAll) {
  Throttle throttle(0, read_fake_clock);
  fake_now = 1000ms;
  EXPECT_EQ(throttle.admit(), std::nullopt);
}

TEST(Throttle, CountsEveryLineOfEveryThread) {
  constexpr std::uint64_t kThreads = 8;
  constexpr std::uint64_t kLines = 10'000;
  Throttle throttle(10, read_fake_clock);
  fake_now = 1000ms;
  std::atomic<std::uint64_t> admitted{0};
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (std::uint64_t line = 0; line < kLines; ++line)
        if (throttle.admit()) ++admitted;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 10U);
  fake_now = 2000ms;
  EXPECT_EQ(throttle.admit(), kThreads * kLines - 10);
}

}  // namespace
}  // namespace pollux::log
