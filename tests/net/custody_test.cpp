// Custody in every interleaving of its users: a worker that gives a connection back, the loop that has an
// event for it, and a wake-up. The same scenario finds the fault that an earlier hand-over had.
#include "net/custody.h"

#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <vector>

#include "tests/net/interleavings.h"

namespace pollux::net {
namespace {

using test::Scenario;
using test::SteppedAtomic;

// The hand-over before Custody: four values of one atomic, and a store after a failed exchange, which erases
// the mark that was left in between.
class OneValueCustody {
 public:
  enum Mark : std::uint8_t { kReady = 2, kWoken = 3 };
  using Marks = std::uint8_t;

  bool take(Mark mark) {
    std::uint8_t before = kFree;
    const auto next = [mark](std::uint8_t hold) -> std::uint8_t {
      if (hold == kFree) return kLent;
      return hold == kWoken ? hold : static_cast<std::uint8_t>(mark);
    };
    while (!hold_.compare_exchange_strong(before, next(before), std::memory_order_acq_rel,
                                          std::memory_order_relaxed)) {
    }
    return before == kFree;
  }

  Marks let_go() {
    std::uint8_t before = kLent;
    if (hold_.compare_exchange_strong(before, kFree, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      return 0;
    }
    hold_.store(kLent);
    return before;
  }

 private:
  static constexpr std::uint8_t kFree = 0;
  static constexpr std::uint8_t kLent = 1;

  SteppedAtomic<std::uint8_t> hold_{kFree};
};

// A connection as far as the hand-over goes: epoll with EPOLLONESHOT, and an outbox for which others wake it.
template <class Custody>
struct World {
  static constexpr std::uint8_t kInput = 1;
  static constexpr std::uint8_t kOutput = 2;

  Custody custody;
  SteppedAtomic<std::uint8_t> armed{kInput};  // Epoll reports input, kInput, or room, kOutput: once.
  SteppedAtomic<std::uint8_t> outbox{0};      // Messages for the client.
  SteppedAtomic<std::uint8_t> input{0};       // Octets of the client that nobody has read.
  int served = 0;                             // Guarded by custody.
  int holders = 0;                            // The same: never more than one.

  void enter() { EXPECT_EQ(++holders, 1) << "two threads hold it"; }

  // Connection::serve() and give_back(), by whoever holds it.
  void serve_and_give_back() {
    enter();
    served += outbox.exchange(0) + input.exchange(0);
    std::uint8_t interest = kInput;
    for (;;) {
      armed.store(interest);  // Arms first, lets go second.
      --holders;
      const auto marks = custody.let_go();
      if (marks == 0) return;
      enter();
      if ((marks & Custody::kWoken) == Custody::kWoken) interest |= kOutput;
    }
  }

  // The loop: epoll reports what is armed and there. There is always room.
  bool report_event() {
    const std::uint8_t now = armed.load();
    const bool event = (now & kOutput) != 0 || ((now & kInput) != 0 && input.load() != 0);
    if (!event) return false;
    armed.store(0);  // EPOLLONESHOT.
    if (custody.take(Custody::kReady)) serve_and_give_back();
    return true;
  }

  void wake() {
    if (custody.take(Custody::kWoken)) serve_and_give_back();
  }
};

// A worker holds the connection, for which it was woken, so epoll is still armed. The client sends an octet,
// and somebody a message. In the end everything has been served, or an event of epoll is still to come that
// sees to it.
template <class Custody>
std::size_t walk_worker_and_loop(int& lost) {
  return test::walk([&lost]() -> Scenario {
    auto world = std::make_shared<World<Custody>>();
    EXPECT_TRUE(world->custody.take(Custody::kReady));
    return {.threads = {[world] { world->serve_and_give_back(); },
                        [world] {  // The loop's thread.
                          world->input.store(1);
                          (void)world->report_event();
                          world->outbox.store(1);
                          world->wake();
                        }},
            .check = [world, &lost] {
              while (world->report_event()) {
              }
              if (world->served != 2) ++lost;
            }};
  });
}

TEST(Custody, LosesNothingInAnyInterleavingOfAWorkerAndTheLoop) {
  int lost = 0;
  const std::size_t walked = walk_worker_and_loop<BasicCustody<SteppedAtomic>>(lost);
  EXPECT_EQ(lost, 0);
  EXPECT_GT(walked, 1000U);
  std::cout << walked << " interleavings\n";
}

TEST(Custody, TheWalkFindsTheWakeUpThatAStoreWouldErase) {
  int lost = 0;
  (void)walk_worker_and_loop<OneValueCustody>(lost);
  EXPECT_GT(lost, 0);
}

// Two threads want the same connection at once: exactly one gets it, and the other's mark is not forgotten.
TEST(Custody, TwoTakersAndEveryMarkIsCollected) {
  using Stepped = BasicCustody<SteppedAtomic>;
  const std::size_t walked = test::walk([]() -> Scenario {
    struct State {
      Stepped custody;
      int taken = 0;
      int marks = 0;
    };
    auto state = std::make_shared<State>();
    const auto taker = [state](Stepped::Mark mark) {
      return [state, mark] {
        if (!state->custody.take(mark)) return;
        ++state->taken;
        while (const auto marks = state->custody.let_go()) state->marks += (marks & mark) != 0 ? 0 : 1;
      };
    };
    return {.threads = {taker(Stepped::kReady), taker(Stepped::kWoken)},
            .check = [state] { EXPECT_EQ(state->taken + state->marks, 2); }};
  });
  EXPECT_GT(walked, 10U);
}

TEST(Custody, MarksAreCollectedOnceAndTogether) {
  Custody custody;
  EXPECT_FALSE(custody.held());
  EXPECT_TRUE(custody.take(Custody::kReady));
  EXPECT_TRUE(custody.held());
  EXPECT_FALSE(custody.take(Custody::kReady));
  EXPECT_FALSE(custody.take(Custody::kWoken));
  EXPECT_EQ(custody.let_go(), Custody::kReady | Custody::kWoken);
  EXPECT_TRUE(custody.held());
  EXPECT_EQ(custody.let_go(), 0);
  EXPECT_FALSE(custody.held());
}

}  // namespace
}  // namespace pollux::net
