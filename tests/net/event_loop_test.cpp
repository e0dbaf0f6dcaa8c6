// A loop counts its turns, and what they bring, whatever it waits with.
#include "net/event_loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "base/metrics.h"
#include "net/epoll_poller.h"
#include "net/ring_poller.h"
#include "tests/net/no_ring.h"

namespace pollux::net {
namespace {

// Rings once. The last one that is heard stops the loop.
class Bell {
 public:
  Bell(EventLoop& loop, int& left)
      : loop_(loop),
        left_(left),
        fd_(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)),
        channel_(Channel::of<&Bell::on_ring>(fd_.get(), *this)) {
    loop_.add(channel_, EPOLLIN | EPOLLET);
  }

 private:
  void on_ring(std::uint32_t /*events*/) {
    if (--left_ == 0) loop_.stop();
  }

  EventLoop& loop_;
  int& left_;
  UniqueFd fd_;
  Channel channel_;
};

void expect_one_turn_of_three(std::unique_ptr<Poller> poller) {
  using metrics::Counter;
  EventLoop loop(std::move(poller), Clock::system());
  int left = 3;
  const std::array<std::unique_ptr<Bell>, 3> bells{std::make_unique<Bell>(loop, left),
                                                   std::make_unique<Bell>(loop, left),
                                                   std::make_unique<Bell>(loop, left)};
  const metrics::Metrics before = metrics::read_metrics();
  loop.run();
  const metrics::Metrics after = metrics::read_metrics();
  EXPECT_EQ(after[Counter::kTurns] - before[Counter::kTurns], 1);
  EXPECT_EQ(after[Counter::kEvents] - before[Counter::kEvents], 3);
}

// No timer is armed and no event comes: a loop that waited would wait for ever.
void expect_polls(std::unique_ptr<Poller> poller) {
  EventLoop loop(std::move(poller), Clock::system());
  int turns = 0;
  loop.set_end_of_batch([&] { ++turns < 3 ? loop.poll_next() : loop.stop(); });
  loop.post([] {});
  loop.run();
  EXPECT_EQ(turns, 3);
}

TEST(EventLoop, PollsWhereTheHookHasMoreToDo) { expect_polls(std::make_unique<EpollPoller>()); }

TEST(EventLoop, PollsItsRingWhereTheHookHasMoreToDo) {
  if (const std::string cause = no_ring(); !cause.empty()) GTEST_SKIP() << cause;
  expect_polls(std::make_unique<RingPoller>(RingOptions{.receive_buffers = 1}));
}

TEST(EventLoop, CountsTheEventsOfACall) { expect_one_turn_of_three(std::make_unique<EpollPoller>()); }

TEST(EventLoop, CountsTheCompletionsOfACall) {
  expect_one_turn_of_three(std::make_unique<RingPoller>(RingOptions{.receive_buffers = 1}));
}

}  // namespace
}  // namespace pollux::net
