#include "base/trace.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pollux::trace {
namespace {

class Tracing : public testing::Test {
 protected:
  ~Tracing() override { tracer_.stop(); }

  std::unique_ptr<Recording> begin(const std::string& peer = "192.0.2.7") {
    return tracer_.begin([&] { return peer; });
  }

  Tracer& tracer_ = Tracer::instance();
};

TEST_F(Tracing, NothingIsFollowedWithoutAnOrder) {
  EXPECT_FALSE(Tracer::armed());
  EXPECT_EQ(begin(), nullptr);
  note("read", "{} octets", 1);  // Goes nowhere.
  EXPECT_FALSE(on());
}

TEST_F(Tracing, TheNextOne) {
  tracer_.follow({.max = 1, .peer = {}});
  const auto first = begin();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->peer, "192.0.2.7");
  EXPECT_FALSE(Tracer::armed());
  EXPECT_EQ(begin(), nullptr);
}

TEST_F(Tracing, WhatOnlyEndedDoesNotCount) {
  tracer_.follow({.max = 1, .peer = {}});
  tracer_.finish(begin());
  EXPECT_TRUE(Tracer::armed());
  EXPECT_NE(begin(), nullptr);
}

TEST_F(Tracing, AnOrderThatWasCalledOffStaysSo) {
  int told = 0;
  const auto listening = tracer_.listen([&](const Recording&) { ++told; });
  for (const bool answered : {false, true}) {
    tracer_.follow({.max = 1, .peer = {}});
    auto recording = begin();
    recording->answered = answered;
    tracer_.stop();
    tracer_.finish(std::move(recording));
    EXPECT_FALSE(Tracer::armed());
    EXPECT_EQ(told, 0);
  }
}

TEST_F(Tracing, OneInSoMany) {
  tracer_.follow({.every = 4, .peer = {}});
  std::string followed;
  int asked = 0;
  for (int i = 0; i < 9; ++i) {
    const auto recording = tracer_.begin([&] { return std::to_string(++asked); });
    followed += recording ? 'x' : '-';
  }
  EXPECT_EQ(followed, "x---x---x");
  EXPECT_EQ(asked, 3) << "who is not followed is not asked for an address";
}

TEST_F(Tracing, ThoseOfOneAddress) {
  tracer_.follow({.peer = "192.0.2.9"});
  EXPECT_EQ(begin("192.0.2.8"), nullptr);
  EXPECT_NE(begin("192.0.2.9"), nullptr);
}

TEST_F(Tracing, NoMoreThanSoManyInASecond) {
  tracer_.follow({.peer = {}});
  std::uint32_t begun = 0;
  for (std::uint32_t i = 0; i < 3 * kMaxInASecond; ++i) begun += begin() ? 1U : 0U;
  EXPECT_GE(begun, kMaxInASecond);  // A second may have ended meanwhile.
  EXPECT_LE(begun, 2 * kMaxInASecond);
}

TEST_F(Tracing, NotesGoToTheConnectionThatIsHeld) {
  Recording one;
  Recording other;
  {
    const Scope scope(&one);
    note("a", "{}", 1);
    {
      const Scope within(&one);
      note("b", "{}", 2);
    }
    note("c", "{}", 3);
    let_go();
    note("d", "{}", 4);
  }
  {
    const Scope scope(&other);
    note("e", "{}", 5);
    const Scope none(nullptr);
    note("f", "{}", 6);
  }
  std::string noted;
  for (const Note& note : one.notes) noted += std::string(note.what) + note.detail;
  EXPECT_EQ(noted, "a1b2c3");
  ASSERT_EQ(other.notes.size(), 1U);
  EXPECT_FALSE(on());
}

TEST_F(Tracing, IsBounded) {
  Recording recording;
  const Scope scope(&recording);
  for (std::size_t i = 0; i < kMaxNotes + 5; ++i) note("x", "{}", std::string(10 * kLongestDetail, 'y'));
  EXPECT_EQ(recording.notes.size(), kMaxNotes);
  EXPECT_EQ(recording.left_out, 5U);
  EXPECT_EQ(recording.notes.front().detail.size(), kLongestDetail);
}

TEST_F(Tracing, AllWhoListenAreTold) {
  tracer_.follow({.peer = {}});
  int told = 0;
  std::vector<std::uint64_t> numbers;
  const auto finish = [&] {
    tracer_.finish(begin());  // Only ended: it takes no number.
    auto recording = begin();
    recording->answered = true;
    tracer_.finish(std::move(recording));
  };
  auto one = tracer_.listen([&](const Recording&) { ++told; });
  const auto other = tracer_.listen([&](const Recording& recording) {
    ++told;
    numbers.push_back(recording.number);
  });
  finish();
  EXPECT_EQ(told, 2);
  one.reset();
  finish();
  EXPECT_EQ(told, 3);
  EXPECT_EQ(numbers.at(1), numbers.at(0) + 1);
}

}  // namespace
}  // namespace pollux::trace
