// A loop within another one, and callbacks that throw.
#include "net/nested_loop.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <string>

#include "base/unique_fd.h"

namespace pollux::net {
namespace {

struct Oops : std::runtime_error {
  Oops() : std::runtime_error("oops") {}
};

// "ab": what has been called since the last time, in order.
class NestedLoopOf : public testing::Test {
 protected:
  [[nodiscard]] bool is_readable() const {
    pollfd ready{.fd = nested_.descriptor(), .events = POLLIN, .revents = 0};
    return ::poll(&ready, 1, 0) == 1;
  }
  // As the outer loop does it. "!": an exception came.
  std::string dispatched() {
    called_.clear();
    for (int i = 0; i < 10 && is_readable(); ++i) {
      try {
        nested_.dispatch();
      } catch (const Oops&) {
        called_ += '!';
      }
      EXPECT_FALSE(loop_.is_here());
    }
    EXPECT_FALSE(is_readable());
    return called_;
  }
  EventLoop::Function calling(char name) {
    return [this, name] { called_ += name; };
  }
  [[noreturn]] static void throws() { throw Oops(); }

  NestedLoop nested_;
  EventLoop& loop_ = nested_.loop();
  std::string called_;
};

TEST_F(NestedLoopOf, APostedFunctionThatThrowsCostsNoOther) {
  loop_.post(calling('a'));
  loop_.post(throws);
  loop_.post(calling('b'));
  EXPECT_EQ(dispatched(), "a!b");
  loop_.post(calling('c'));
  EXPECT_EQ(dispatched(), "c");
}

TEST_F(NestedLoopOf, WhatACallbackHasPostedBeforeItThrewIsRun) {
  const UniqueFd bell(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  struct Guest {
    std::function<void()> posts;
    int fd;
    void on_ready(std::uint32_t /*events*/) const {
      std::uint64_t count = 0;
      EXPECT_EQ(::read(fd, &count, sizeof count), 8);
      posts();
      throws();
    }
  } guest{[this] { loop_.post(calling('a')); }, bell.get()};
  auto channel = Channel::of<&Guest::on_ready>(bell.get(), guest);
  loop_.add(channel, EPOLLIN);
  EXPECT_EQ(dispatched(), "!a");
  loop_.post(calling('b'));  // It rings, although this is the thread of the turn that has thrown.
  EXPECT_EQ(dispatched(), "b");
  loop_.remove(channel);
}

TEST_F(NestedLoopOf, TheHookIsCalledAgainWhenItWasAskedToBeforeTheException) {
  loop_.set_end_of_batch(calling('h'));
  loop_.post([this] {
    loop_.wake();
    throws();
  });
  EXPECT_EQ(dispatched(), "!h");
}

TEST_F(NestedLoopOf, TimersGoOnAfterOneThatThrew) {
  Timer first([](TimePoint) { throws(); });
  Timer second([this](TimePoint) { called_ += 't'; });
  const TimePoint now = std::chrono::steady_clock::now();
  loop_.timers().arm(first, now);
  loop_.timers().arm(second, now + 4 * TimingWheel::kTick);
  loop_.post(calling('a'));
  std::string all = dispatched();
  while (all.find('t') == std::string::npos) {
    pollfd ready{.fd = nested_.descriptor(), .events = POLLIN, .revents = 0};
    constexpr int kHang = 10'000;  // Milliseconds.
    ASSERT_EQ(::poll(&ready, 1, kHang), 1);
    all += dispatched();
  }
  std::erase(all, 'a');  // Before or after the first.
  EXPECT_EQ(all, "!t");
}

TEST_F(NestedLoopOf, TheOuterLoopsThreadIsItsOwnAgain) {
  EventLoop outer;
  bool here = false;
  outer.post([&] {
    loop_.post(throws);
    EXPECT_THROW(nested_.dispatch(), Oops);
    here = outer.is_here();
    outer.stop();
  });
  outer.run();
  EXPECT_TRUE(here);
}

}  // namespace
}  // namespace pollux::net
