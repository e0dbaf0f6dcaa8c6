// Turns: how many at a time, how many wait, how long, and in which order.
#include "accounts/turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace pollux::accounts {
namespace {

using State = Turns::State;

const TimePoint kBegin = TimePoint(std::chrono::hours(1));
const TimePoint kAnHourLater = kBegin + std::chrono::hours(1);

// Time stands still, so a caller that waits does so until it is given a turn.
class TurnsTest : public testing::Test {
 protected:
  static void until_waiting(const Turns& turns, std::size_t count) {
    while (turns.waiting() != count) std::this_thread::yield();
  }

  std::atomic<TimePoint> now_{kBegin};
  Turns turns_{1, 2, [this] { return now_.load(); }};
};

TEST_F(TurnsTest, SoManyAtATime) {
  Turns two(2, 0, [] { return kBegin; });
  const auto first = two.wait(kAnHourLater);
  {
    const auto second = two.wait(kAnHourLater);
    EXPECT_EQ(second.state(), State::kTaken);
    EXPECT_EQ(two.wait(kAnHourLater).state(), State::kQueueFull);
  }
  EXPECT_EQ(two.wait(kAnHourLater).state(), State::kTaken);
}

TEST_F(TurnsTest, AWaitThatIsOverBeginsNothing) {
  EXPECT_EQ(turns_.wait(kBegin).state(), State::kTooLate);
  EXPECT_EQ(turns_.wait(kAnHourLater).state(), State::kTaken);
}

TEST_F(TurnsTest, TheQueueIsFirstComeFirstServedAndBounded) {
  std::optional<std::vector<int>> order(std::in_place);
  std::mutex mutex;
  std::vector<std::thread> waiting;
  {
    const auto held = turns_.wait(kAnHourLater);
    for (int i = 0; i < 2; ++i) {
      waiting.emplace_back([&, i] {
        const auto turn = turns_.wait(kAnHourLater);
        const std::lock_guard lock(mutex);
        if (turn.state() == State::kTaken) order->push_back(i);
      });
      until_waiting(turns_, static_cast<std::size_t>(i) + 1);
    }
    EXPECT_EQ(turns_.wait(kAnHourLater).state(), State::kQueueFull);
    EXPECT_TRUE(order->empty());
  }
  for (auto& thread : waiting) thread.join();
  EXPECT_EQ(*order, (std::vector<int>{0, 1}));
  EXPECT_EQ(turns_.wait(kAnHourLater).state(), State::kTaken);
}

TEST_F(TurnsTest, WhoseWaitIsOverLeavesTheQueue) {
  const auto held = turns_.wait(kAnHourLater);
  std::atomic<State> state{State::kTaken};
  std::thread waiting([&] { state = turns_.wait(kBegin + milliseconds(1)).state(); });
  until_waiting(turns_, 1);
  now_ = kAnHourLater;  // It looks at the clock again after a millisecond.
  waiting.join();
  EXPECT_EQ(state, State::kTooLate);
  EXPECT_EQ(turns_.waiting(), 0U);
}

}  // namespace
}  // namespace pollux::accounts
