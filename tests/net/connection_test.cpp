// Connections on a real loop and real sockets, with a protocol that does what the test says.
#include "net/connection.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/connection_set.h"

namespace pollux::net {
namespace {

using Step = Protocol::Step;
using Next = Protocol::Next;

// What a protocol was asked, and what it answers.
struct Script {
  std::function<Step(Protocol::Io)> on_input = [](Protocol::Io io) {
    io.out.append(io.in.readable());
    io.in.consume(io.in.size());
    return io.end_of_input ? Step{.next = Next::kClose} : Step{};
  };
  int asked = 0;
  std::vector<Protocol::Trouble> troubles;
  int closed = 0;
  std::uint64_t sent = 0;
  Script* successor = nullptr;
  std::shared_ptr<Waker> waker;
};

class Scripted final : public Protocol {
 public:
  explicit Scripted(Script& script) : script_(script) {}
  Step on_input(Io io) override {
    ++script_.asked;
    return script_.on_input(io);
  }
  void on_trouble(Io io, Trouble trouble) override {
    script_.troubles.push_back(trouble);
    io.out.append("trouble");
  }
  void on_close(std::uint64_t sent) override {
    ++script_.closed;
    script_.sent = sent;
  }
  std::unique_ptr<Protocol> successor() override { return std::make_unique<Scripted>(*script_.successor); }
  void on_open(const std::shared_ptr<Waker>& waker) override { script_.waker = waker; }
  void trim() override {}

 private:
  Script& script_;
};

// The client's end of a connection.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}

  void send(std::string_view octets) const {
    EXPECT_EQ(::send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(octets.size()));
  }
  void half_close() const { EXPECT_EQ(::shutdown(fd_.get(), SHUT_WR), 0); }
  void close() { fd_.reset(); }

  // Whatever has come so far; `ended` afterwards tells whether that is all.
  std::string& receive() {
    std::array<char, 65536> piece;
    for (;;) {
      const ssize_t got = ::recv(fd_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
      if (got <= 0) {
        ended = got == 0 || errno != EAGAIN;
        return received;
      }
      received.append(piece.data(), static_cast<std::size_t>(got));
    }
  }

  std::string received;
  bool ended = false;

 private:
  UniqueFd fd_;
};

class ConnectionTest : public testing::Test {
 protected:
  // What becomes of a connection that has events. Serving it at once makes a reactor of one thread.
  std::function<void(Connection&)> on_ready_ = [](Connection& connection) {
    connection.receive();
    connection.serve();
  };
  ConnectionOptions options_;
  Script script_;

  void open() {
    set_.emplace(loop_, options_, [this](Connection& connection) { on_ready_(connection); });
    loop_.set_end_of_batch([this] {
      set_->destroy_buried();
      while (step_ < steps_.size() && steps_[step_]()) ++step_;
      if (step_ == steps_.size()) loop_.stop();
    });
  }

  Peer connect() { return connect(script_); }
  // `first`: octets that are there when the connection is adopted.
  Peer connect(Script& script, std::string_view first = {}) {
    if (!set_) open();
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    EXPECT_EQ(::write(ends[1], first.data(), first.size()), static_cast<ssize_t>(first.size()));
    set_->adopt(Transport(UniqueFd(ends[0]), nullptr), std::make_unique<Scripted>(script),
                std::get<Admission::Place>(admission_.admit(SocketAddress())));
    EXPECT_EQ(::fcntl(ends[1], F_SETFL, 0), 0);  // The client may wait; the server never does.
    return Peer(ends[1]);
  }

  // Runs the loop until each step in turn has returned true. They are looked at after every iteration.
  void run(std::vector<std::function<bool()>> steps) {
    steps_ = std::move(steps);
    Timer tick([&](TimePoint now) { loop_.timers().arm(tick_again(), now + milliseconds(5)); });
    tick_ = &tick;
    loop_.timers().arm(tick, loop_.now().steady);
    loop_.run();
  }

  Admission admission_{1000, 0};
  EventLoop loop_;
  std::optional<ConnectionSet> set_;

 private:
  Timer& tick_again() { return *tick_; }

  Timer* tick_ = nullptr;
  std::vector<std::function<bool()>> steps_;
  std::size_t step_ = 0;
};

TEST_F(ConnectionTest, AnswersInOrderAndEndsWithTheClient) {
  Peer peer = connect();
  peer.send("one");
  run({[&] { return peer.receive() == "one"; },
       [&] {
         peer.send("two");
         peer.half_close();
         return true;
       },
       [&] { return peer.receive() == "onetwo" && peer.ended; }, [&] { return set_->size() == 0; }});
  EXPECT_EQ(script_.closed, 1);
  EXPECT_EQ(script_.sent, 6U);
  EXPECT_EQ(admission_.size(), 0U) << "its place was given back";
}

class LendingTest : public ConnectionTest, public testing::WithParamInterface<bool> {};

// The client never waits, so events often come while the worker has not yet let go (kLentAndReady).
TEST_P(LendingTest, NoEventIsLostBetweenTheLoopAndAWorker) {
  options_.edge_triggered = GetParam();
  constexpr std::size_t kOctets = 20'000;
  std::atomic<Connection*> lent{nullptr};
  std::atomic<bool> ended{false};
  on_ready_ = [&](Connection& connection) { lent.store(&connection, std::memory_order_release); };
  std::thread worker([&] {
    while (!ended.load(std::memory_order_relaxed)) {
      if (Connection* connection = lent.exchange(nullptr, std::memory_order_acquire)) {
        connection->receive();
        connection->serve();
      }
    }
  });
  Peer peer = connect();
  std::thread client([&] {
    for (std::size_t i = 0; i < kOctets; ++i) peer.send("x");
  });
  std::size_t received = 0;
  run({[&] {
    received = peer.receive().size();
    return received == kOctets;
  }});
  ended.store(true, std::memory_order_relaxed);
  client.join();
  worker.join();
  EXPECT_EQ(received, kOctets);
}

INSTANTIATE_TEST_SUITE_P(Triggers, LendingTest, testing::Bool(),
                         [](const auto& edge) { return edge.param ? "Edge" : "Level"; });

// What waits for something else than the client, in the models with oneshot and in those without.
struct BlockingCase {
  const char* name;
  bool oneshot;
  bool edge_triggered;
};

class BlockingTest : public ConnectionTest, public testing::WithParamInterface<BlockingCase> {
 protected:
  void SetUp() override {
    options_.oneshot = GetParam().oneshot;
    options_.edge_triggered = GetParam().edge_triggered;
    on_ready_ = [this](Connection& connection) {
      ++events_;
      connection.receive();
      connection.serve();
    };
  }

  void open(std::size_t workers, std::size_t capacity) {
    ConnectionTest::open();
    pool_.emplace("blocking", workers,
                  std::initializer_list<WorkClass>{{.capacity = capacity, .max_taken = 1}});
    set_->set_blocking_pool(*pool_);
  }

  void TearDown() override { pool_.reset(); }  // Before the connections.

  int events_ = 0;
  std::optional<ThreadPool> pool_;
};

TEST_P(BlockingTest, OnlyAThreadThatMayWaitIsAskedToWait) {
  constexpr std::size_t kOctets = 5000;
  open(2, 8);
  std::atomic<int> wrong{0};
  const auto loop_thread = std::this_thread::get_id();
  script_.on_input = [&](Protocol::Io io) -> Step {
    if (io.in.empty()) return io.end_of_input ? Step{.next = Next::kClose} : Step{};
    if ((std::this_thread::get_id() == loop_thread) == io.may_block) ++wrong;
    if (!io.may_block) return {.next = Next::kBlock};
    io.out.append(io.in.readable());
    io.in.consume(io.in.size());
    return {};
  };
  Peer peer = connect();
  std::thread client([&] {
    for (std::size_t i = 0; i < kOctets; ++i) peer.send("x");
    peer.half_close();
  });
  run({[&] { return peer.receive().size() == kOctets; }, [&] { return set_->size() == 0; }});
  client.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(script_.troubles.empty());
  EXPECT_EQ(script_.closed, 1);
}

// The first request is read before epoll knows the connection: the pool's thread is the one to tell it, with
// events waiting.
TEST_P(BlockingTest, NoEventIsLostOfAConnectionThatEpollDidNotKnow) {
  constexpr int kConnections = 100;
  open(2, 2 * kConnections);
  std::array<Script, kConnections> scripts;
  std::vector<Peer> peers;
  for (Script& script : scripts) {
    script.on_input = [](Protocol::Io io) -> Step {
      if (io.in.empty()) return {};
      if (!io.may_block) return {.next = Next::kBlock};
      io.out.append(io.in.readable());
      io.in.consume(io.in.size());
      return {};
    };
    peers.push_back(connect(script, "1"));
    peers.back().send("2");
  }
  run({[&] {
    return std::all_of(peers.begin(), peers.end(), [](Peer& peer) { return peer.receive() == "12"; });
  }});
}

TEST_P(BlockingTest, ItsLoopHearsNothingOfItMeanwhile) {
  open(1, 8);
  std::atomic<bool> go_on{false};
  std::atomic<bool> waiting{false};
  script_.on_input = [&](Protocol::Io io) -> Step {
    if (!io.may_block) return {.next = Next::kBlock};
    waiting.store(true);
    waiting.notify_one();
    go_on.wait(false);
    return {.next = Next::kClose};
  };
  Peer peer = connect();
  peer.send("x");
  int before = 0;
  int iterations = 0;
  run({[&] { return waiting.load(); },
       [&] {
         peer.send("more");
         peer.close();  // Input, its end and a hang-up.
         before = events_;
         return true;
       },
       [&] { return ++iterations > 10; },
       [&] {
         EXPECT_EQ(events_, before) << "nobody but the pool may touch it";
         EXPECT_EQ(set_->size(), 1U);
         go_on.store(true);
         go_on.notify_one();
         return true;
       },
       [&] { return set_->size() == 0; }});
  EXPECT_EQ(script_.closed, 1);
}

TEST_P(BlockingTest, AFullQueueIsATroubleAtOnce) {
  open(1, 1);
  std::atomic<bool> go_on{false};
  std::atomic<int> waiting{0};
  const auto wait = [&](Protocol::Io io) -> Step {
    if (!io.may_block) return {.next = Next::kBlock};
    ++waiting;
    go_on.wait(false);
    io.out.append("done");
    return {.next = Next::kClose};
  };
  script_.on_input = wait;
  Script queued;
  Script refused;
  queued.on_input = refused.on_input = wait;
  Peer first = connect();
  Peer second = connect(queued);
  Peer third = connect(refused);
  first.send("x");
  run({[&] { return waiting.load() == 1; },
       [&] {
         second.send("x");
         return queued.asked == 1;
       },
       [&] {
         if (refused.asked == 0) third.send("x");
         return third.receive() == "trouble";
       },
       [&] {
         go_on.store(true);
         go_on.notify_all();
         return true;
       },
       [&] { return first.receive() == "done" && second.receive() == "done"; }});
  EXPECT_EQ(refused.troubles, std::vector{Protocol::Trouble::kOverload});
}

TEST_P(BlockingTest, WhoHasWaitedTooLongIsToldSo) {
  options_.blocking_patience = milliseconds(-1);
  open(1, 8);
  script_.on_input = [](Protocol::Io io) -> Step {
    EXPECT_FALSE(io.may_block);
    return {.next = Next::kBlock};
  };
  Peer peer = connect();
  peer.send("x");
  run({[&] { return peer.receive() == "trouble"; }});
  EXPECT_EQ(script_.troubles, std::vector{Protocol::Trouble::kOverload});
}

TEST_P(BlockingTest, WhatWasAnsweredBeforeIsSentFirst) {
  constexpr std::size_t kMuch = 4'000'000;  // More than a socket takes.
  open(1, 8);
  script_.on_input = [&](Protocol::Io io) -> Step {
    if (io.in.empty()) return {};
    if (!io.may_block && script_.asked == 1) io.out.append(std::string(kMuch, 'a'));
    if (!io.may_block) return {.next = Next::kBlock};
    io.in.consume(io.in.size());
    io.out.append("b");
    return {.next = Next::kClose};
  };
  Peer peer = connect();
  peer.send("x");
  run({[&] { return peer.receive().size() == kMuch + 1; }, [&] { return set_->size() == 0; }});
  EXPECT_EQ(peer.received.find('b'), kMuch);
}

INSTANTIATE_TEST_SUITE_P(Models, BlockingTest,
                         testing::Values(BlockingCase{"OneshotLevel", true, false},
                                         BlockingCase{"OneshotEdge", true, true},
                                         BlockingCase{"Level", false, false},
                                         BlockingCase{"Edge", false, true}),
                         [](const auto& blocking) { return blocking.param.name; });

TEST_F(ConnectionTest, ADeadlineWaitsForTheOneWhoHoldsTheConnection) {
  options_.timeouts.keepalive = milliseconds(40);
  Connection* held = nullptr;
  on_ready_ = [&](Connection& connection) { held = &connection; };
  Peer peer = connect();
  peer.send("x");
  const auto begin = std::chrono::steady_clock::now();
  run({[&] { return held != nullptr; },
       [&] {
         peer.receive();
         EXPECT_FALSE(peer.ended) << "closed while it was held";
         return std::chrono::steady_clock::now() - begin > milliseconds(300);
       },
       [&] {
         std::thread([&] {
           held->receive();
           held->serve();
         }).join();
         return true;
       },
       [&] { return peer.receive() == "x" && peer.ended; }});
}

TEST_F(ConnectionTest, AHeaderThatDripsIsCutAtItsDeadline) {
  options_.timeouts.header = milliseconds(100);
  script_.on_input = [](Protocol::Io) { return Step{.phase = Phase::kHeader}; };
  Peer peer = connect();
  bool closed = false;
  run({[&] {
         if (script_.troubles.empty()) peer.send("x");
         return !script_.troubles.empty();
       },
       [&] { return peer.receive() == "trouble"; },
       [&] {
         if (!closed) peer.close();
         closed = true;
         return set_->size() == 0;
       }});
  EXPECT_EQ(script_.troubles, std::vector{Protocol::Trouble::kDeadline});
}

// Fills the socket, so that the answer to "x" stays unfinished until the client reads.
Step answer_at_length(Protocol::Io io) {
  if (io.in.empty()) return {};
  io.in.consume(io.in.size());
  io.out.append(std::string(4'000'000, 'a'));
  return {};
}

TEST_F(ConnectionTest, ARefusalFinishesTheAnswerAtHandFirst) {
  script_.on_input = answer_at_length;
  int events = 0;
  on_ready_ = [&](Connection& connection) {
    connection.receive();
    if (events++ == 0) return connection.serve();
    connection.refuse();
  };
  Peer peer = connect();
  peer.send("x");
  run({[&] { return events == 1; }, [&] { return peer.receive().size() >= 4'000'000; },
       [&] { return events > 1; }});
  EXPECT_LT(events, 1000) << "the loop spins on a connection it cannot serve";
  EXPECT_EQ(peer.received.find_first_not_of('a'), peer.received.empty() ? std::string::npos : 4'000'000U)
      << "the refusal comes after the answer";
}

TEST_F(ConnectionTest, AnEndlessTalkerGetsItsTurnAndNoMore) {
  script_.on_input = [](Protocol::Io io) {
    io.out.append("a");
    return Step{};
  };
  int events = 0;
  std::vector<int> asked;
  on_ready_ = [&](Connection& connection) {
    const int before = script_.asked;
    connection.receive();
    connection.serve();
    asked.push_back(script_.asked - before);
    ++events;
  };
  Peer peer = connect();
  peer.send("x");
  run({[&] {
    peer.receive();
    return events >= 10;
  }});
  EXPECT_LE(*std::max_element(asked.begin(), asked.end()), 8);
}

TEST_F(ConnectionTest, AnExceptionCostsItsConnectionAlone) {
  script_.on_input = [](Protocol::Io) -> Step { throw std::runtime_error("oops"); };
  Script good;
  Peer bad = connect();
  Peer peer = connect(good);
  bad.send("x");
  peer.send("y");
  run({[&] {
         bad.receive();
         return bad.ended;
       },
       [&] { return peer.receive() == "y"; }});
  EXPECT_EQ(script_.closed, 1);
  EXPECT_EQ(good.closed, 0);
  EXPECT_EQ(set_->size(), 1U);
}

TEST_F(ConnectionTest, DrainingEndsTheIdleAtOnceAndLetsTheOthersFinish) {
  Script busy;
  busy.on_input = [](Protocol::Io io) {
    const bool whole = io.in.size() == 2;  // A request of two octets.
    if (!whole) return Step{.phase = Phase::kBody};
    io.in.consume(2);
    io.out.append("done");
    return Step{.next = Next::kClose};
  };
  Peer idle = connect();
  Peer peer = connect(busy);
  idle.send("x");
  peer.send("1");
  bool drained = false;
  run({[&] { return idle.receive() == "x" && busy.asked == 1; },
       [&] {
         set_->drain(loop_.now().steady + std::chrono::seconds(10), [&] { drained = true; });
         return true;
       },
       [&] {
         idle.receive();
         return idle.ended;
       },
       [&] {
         EXPECT_FALSE(drained);
         peer.send("2");
         return true;
       },
       [&] { return peer.receive() == "done" && peer.ended; }, [&] { return drained; }});
}

TEST_F(ConnectionTest, NothingIsServedAfterTheDeadlineOfADrain) {
  script_.on_input = [](Protocol::Io io) {
    io.in.consume(io.in.size());
    return Step{.phase = Phase::kBody, .restart = true};
  };
  Peer peer = connect();
  peer.send("x");
  bool drained = false;
  run({[&] { return script_.asked == 1; },
       [&] {
         set_->drain(loop_.now().steady + milliseconds(50), [&] { drained = true; });
         return true;
       },
       [&] {
         peer.receive();
         if (!peer.ended) peer.send("x");  // Without an end.
         return peer.ended;
       },
       [&] { return drained; }});
}

// Says "open" and switches to a protocol that says what it was given, and "!" when it was woken.
class Switching : public ConnectionTest {
 protected:
  Switching() {
    script_.successor = &next_;
    script_.on_input = [](Protocol::Io io) {
      if (io.in.empty()) return Step{};
      io.in.consume(1);
      io.out.append("open ");
      return Step{.next = Next::kSwitch};
    };
    next_.on_input = [this](Protocol::Io io) {
      io.out.append(io.overdue ? std::string_view("overdue ") : io.in.readable());
      io.in.consume(io.in.size());
      if (woken_.exchange(false)) io.out.append("! ");
      return io.end_of_input ? Step{.next = Next::kClose} : Step{.phase = Phase::kOpen};
    };
  }

  void wake() {
    woken_ = true;
    next_.waker->wake();
  }

  Script next_;
  std::atomic<bool> woken_{false};
};

TEST_F(Switching, TheSuccessorGetsWhatIsLeftOfTheInput) {
  Peer peer = connect();
  peer.send("?left over ");
  run({[&] { return peer.receive() == "open left over "; }});
  EXPECT_EQ(script_.closed, 1);
  EXPECT_EQ(next_.closed, 0);
}

TEST_F(Switching, AnyThreadMayWakeIt) {
  Peer peer = connect();
  peer.send("?");
  std::thread other;
  run({[&] { return peer.receive() == "open "; },
       [&] {
         other = std::thread([this] { wake(); });
         return true;
       },
       [&] { return peer.receive() == "open ! "; }});
  other.join();
}

// Wakes while a worker has the connection must not be lost.
TEST_F(Switching, AWakeMeetsAConnectionThatIsLent) {
  Peer peer = connect();
  bool once = true;
  auto answer = next_.on_input;
  next_.on_input = [&](Protocol::Io io) {
    const Step step = answer(io);
    if (std::exchange(once, false)) wake();  // In the midst of being served.
    return step;
  };
  peer.send("?");
  run({[&] { return peer.receive() == "open ! "; }});
}

TEST_F(Switching, ToWakeOneThatHasGoneDoesNothing) {
  Peer peer = connect();
  peer.send("?");
  run({[&] { return peer.receive() == "open "; },
       [&] {
         peer.close();
         return true;
       },
       [&] { return next_.closed == 1 && set_->size() == 0; }});
  wake();
  set_.reset();  // Nor when the loop's connections have gone.
  wake();
}

TEST_F(Switching, WhatIsOpenAtTheEndIsNotWokenAnyMore) {
  Peer peer = connect();
  peer.send("?");
  run({[&] { return peer.receive() == "open "; }});
  set_.reset();
  wake();
}

TEST_F(Switching, SilenceIsAskedAbout) {
  options_.timeouts.open = milliseconds(20);
  Peer peer = connect();
  peer.send("?");
  run({[&] { return peer.receive().starts_with("open overdue "); }});
}

}  // namespace
}  // namespace pollux::net
