#include "server/process/heartbeats.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

namespace pollux::server {
namespace {

// Loops that turn when they are told to.
class Loops {
 public:
  explicit Loops(std::size_t count) : asked_(count) {}

  [[nodiscard]] std::vector<Heartbeats::Ask> asks() {
    std::vector<Heartbeats::Ask> asks;
    for (auto& asked : asked_) {
      asks.emplace_back([&asked](std::function<void()> sign) { asked.push_back(std::move(sign)); });
    }
    return asks;
  }

  void turn(std::size_t loop) {
    for (const auto& sign : std::exchange(asked_[loop], {})) sign();
  }

  [[nodiscard]] std::size_t questions(std::size_t loop) const { return asked_[loop].size(); }

 private:
  std::vector<std::vector<std::function<void()>>> asked_;
};

TEST(Heartbeats, EachLoopHasToTurnBetweenTwoLooks) {
  Loops loops(3);
  Heartbeats beats(loops.asks());
  EXPECT_EQ(beats.silent(), std::nullopt);  // Nobody has been asked yet.
  for (const std::size_t loop : {0U, 1U, 2U}) loops.turn(loop);
  EXPECT_EQ(beats.silent(), std::nullopt);
  loops.turn(0);
  loops.turn(2);
  EXPECT_EQ(beats.silent(), 1U);
  loops.turn(0);
  EXPECT_EQ(beats.silent(), 1U) << "it is still silent; 2 as well, but one is enough";
  loops.turn(1);
  EXPECT_EQ(beats.silent(), 0U);
}

TEST(Heartbeats, ASilentLoopIsAskedOnce) {
  Loops loops(1);
  Heartbeats beats(loops.asks());
  for (int i = 0; i < 100; ++i) (void)beats.silent();
  EXPECT_EQ(loops.questions(0), 1U);
  loops.turn(0);
  EXPECT_EQ(beats.silent(), std::nullopt);
}

}  // namespace
}  // namespace pollux::server
