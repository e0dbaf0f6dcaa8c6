// Connections on a real loop and real sockets, with a protocol that does what the test says.
#include "net/connection.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <functional>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/memory_budget.h"
#include "base/metrics.h"
#include "base/trace.h"
#include "net/connection_set.h"
#include "net/epoll_poller.h"
#include "net/ring_poller.h"
#include "tests/fake_clock.h"
#include "tests/net/no_ring.h"

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
  std::size_t memory = 0;
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
  void on_open(ProtocolHost& connection) override { script_.waker = connection.waker(); }
  std::unique_ptr<Protocol> renewed(const Terms& terms) const override { return terms.new_protocol({}); }
  std::size_t memory() const override { return script_.memory; }
  void trim() override {}

 private:
  Script& script_;
};

// Scripts instead of protocols, which tests retire.
class ScriptedTerms final : public Terms {
 public:
  using Terms::Terms;

  std::unique_ptr<Protocol> new_protocol(std::string /*peer*/) const override {
    return std::make_unique<Scripted>(*script);
  }
  bool retired() const override { return next != nullptr; }
  std::shared_ptr<const Terms> successor() const override { return next; }

  Script* script = nullptr;
  std::shared_ptr<const Terms> next;  // nullptr: they hold.
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
  static constexpr std::uint64_t kMiB = 1024 * 1024;

  explicit ConnectionTest(std::uint64_t memory = 1024 * kMiB,
                          std::unique_ptr<Poller> poller = std::make_unique<EpollPoller>())
      : memory_(memory), loop_(std::move(poller), clock_) {}

  // What becomes of a connection that has events. Serving it at once makes a reactor of one thread.
  std::function<void(Connection&)> on_ready_ = [](Connection& connection) {
    connection.receive();
    connection.serve();
  };
  test::FakeClock clock_;
  MemoryBudget memory_;
  ConnectionOptions options_{.conversation = {.memory = memory_, .clock = clock_}, .epoll = {}};
  Timeouts timeouts_;
  Script script_;

  void open() {
    set_.emplace(loop_, options_, [this](Connection& connection) { on_ready_(connection); });
    loop_.set_end_of_batch([this] {
      set_->call_the_woken();
      set_->destroy_buried();
      while (step_ < steps_.size() && steps_[step_]()) ++step_;
      if (step_ == steps_.size()) return loop_.stop();
      loop_.wake();  // What other threads do makes no event, but the steps want to see it.
    });
  }

  Peer connect() { return connect(script_); }
  // `first`: octets that are there when the connection is adopted.
  Peer connect(Script& script, std::string_view first = {}) {
    return connect(script, first, std::make_shared<ScriptedTerms>(timeouts_));
  }
  Peer connect(Script& script, std::string_view first, std::shared_ptr<const Terms> terms) {
    if (!set_) open();
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    EXPECT_EQ(::write(ends[1], first.data(), first.size()), static_cast<ssize_t>(first.size()));
    set_->adopt(UniqueFd(ends[0]), Transport(), std::move(terms), std::make_unique<Scripted>(script),
                std::get<Admission::Place>(admission_.admit(SocketAddress())));
    EXPECT_EQ(::fcntl(ends[1], F_SETFL, 0), 0);  // The client may wait; the server never does.
    return Peer(ends[1]);
  }

  // Runs the loop until each step in turn has returned true. They are looked at after every iteration.
  void run(std::vector<std::function<bool()>> steps) {
    steps_ = std::move(steps);
    loop_.wake();
    loop_.run();
  }

  // A step that lets time pass.
  std::function<bool()> pass(milliseconds time) {
    return [this, time] {
      clock_.advance(time);
      return true;
    };
  }

  Admission admission_{1000, 0};
  EventLoop loop_;
  std::optional<ConnectionSet> set_;

 private:
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

// Its last event begins no request, and the order "the next one" is for another client's.
TEST_F(ConnectionTest, OneThatGoesIsNotFollowed) {
  Peer peer = connect();
  std::optional<Peer> last;
  std::vector<bool> armed;
  const auto serve = on_ready_;
  on_ready_ = [&](Connection& connection) {
    armed.push_back(trace::Tracer::armed());
    serve(connection);
  };
  peer.send("one");
  run({[&] { return peer.receive() == "one"; },
       [&] {
         trace::Tracer::instance().follow({.every = 1, .max = 1, .peer = {}});
         armed.clear();
         peer.close();
         return true;
       },
       [&] { return set_->size() == 0; },
       [&] {
         last.emplace(connect());
         last->send("two");
         last->half_close();
         return true;
       },
       [&] { return last->receive() == "two"; }});
  trace::Tracer::instance().stop();
  EXPECT_EQ(armed, (std::vector<bool>{true, false}))
      << "when the first one went; at the request of the other";
}

struct LendingCase {
  const char* name;
  bool edge_triggered;
  bool oneshot;
};

class LendingTest : public ConnectionTest, public testing::WithParamInterface<LendingCase> {};

// The client never waits, so events often come while the worker has not yet let go (Custody::kReady).
TEST_P(LendingTest, NoEventIsLostBetweenTheLoopAndAWorker) {
  options_.epoll.edge_triggered = GetParam().edge_triggered;
  options_.epoll.oneshot = GetParam().oneshot;
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

INSTANTIATE_TEST_SUITE_P(Triggers, LendingTest,
                         testing::Values(LendingCase{"Level", false, true}, LendingCase{"Edge", true, true},
                                         LendingCase{"EdgeWithoutOneshot", true, false}),
                         [](const auto& lending) { return lending.param.name; });

// Requests that a handler keeps, in the models with oneshot and in those without.
struct KeepingCase {
  const char* name;
  bool oneshot;
  bool edge_triggered;
  bool ring = false;
};

std::unique_ptr<Poller> poller_of(const KeepingCase& keeping) {
  if (keeping.ring && no_ring().empty())
    return std::make_unique<RingPoller>(RingOptions{.receive_buffers = 4});
  return std::make_unique<EpollPoller>();
}

class KeepingTest : public ConnectionTest, public testing::WithParamInterface<KeepingCase> {
 protected:
  KeepingTest() : ConnectionTest(1024 * kMiB, poller_of(GetParam())) {}
  void SetUp() override {
    if (GetParam().ring && loop_.ring() == nullptr) GTEST_SKIP() << no_ring();
    options_.epoll.oneshot = GetParam().oneshot;
    options_.epoll.edge_triggered = GetParam().edge_triggered;
    on_ready_ = [this](Connection& connection) {
      ++events_;
      connection.receive();
      connection.serve();
    };
  }

  // Keeps each octet until answer() gives it back.
  Step keep(Protocol::Io io) {
    if (!waker_) waker_ = io.connection->waker();
    if (answered_.exchange(false)) {
      io.out.append(io.in.readable().substr(0, 1));
      io.in.consume(1);
      ++given_back_;
    }
    if (io.in.empty()) return io.end_of_input ? Step{.next = Next::kClose} : Step{};
    kept_ = given_back_ + 1;
    kept_.notify_one();
    return {.next = Next::kWait, .phase = Phase::kHandling};
  }

  void answer() {
    answered_ = true;
    waker_->wake();
  }

  int events_ = 0;
  std::shared_ptr<Waker> waker_;
  std::size_t given_back_ = 0;        // Octets.
  std::atomic<std::size_t> kept_{0};  // The last one that was kept, counted from 1.
  std::atomic<bool> answered_{false};
};

TEST_P(KeepingTest, AnotherThreadAnswersAndNothingIsLost) {
  constexpr std::size_t kOctets = 500;
  script_.on_input = [this](Protocol::Io io) { return keep(io); };
  Peer peer = connect();
  std::thread client([&] {
    for (std::size_t i = 0; i < kOctets; ++i) peer.send("x");
    peer.half_close();
  });
  std::thread handler([&] {
    for (std::size_t i = 0; i < kOctets; ++i) {
      kept_.wait(i);
      answer();
    }
  });
  run({[&] { return peer.receive().size() == kOctets; }, [&] { return set_->size() == 0; }});
  client.join();
  handler.join();
  EXPECT_TRUE(script_.troubles.empty());
  EXPECT_EQ(script_.closed, 1);
}

TEST_P(KeepingTest, NothingOfTheClientIsHeardMeanwhileButItsVanishing) {
  script_.on_input = [this](Protocol::Io io) { return keep(io); };
  Peer peer = connect();
  peer.send("x");
  int before = 0;
  int iterations = 0;
  run({[&] { return kept_ == 1; },
       [&] {
         peer.send("more");
         peer.half_close();
         before = events_;
         return true;
       },
       [&] { return ++iterations > 10; },
       [&] {
         EXPECT_EQ(events_, before);
         EXPECT_EQ(set_->size(), 1U);
         peer.close();
         return true;
       },
       [&] { return set_->size() == 0; }});
  EXPECT_EQ(script_.closed, 1);
  answer();  // Harmless.
}

// The deadline of a handler is not that of sending: a slow reader of an earlier answer has its own.
TEST_P(KeepingTest, ASlowReaderOfAnEarlierAnswerHasItsTime) {
  constexpr std::size_t kMuch = 4'000'000;  // More than a socket takes.
  timeouts_.send = std::chrono::seconds(30);
  script_.on_input = [&](Protocol::Io io) {
    if (script_.asked == 1) io.out.append(std::string(kMuch, 'a'));
    return keep(io);
  };
  Peer peer = connect();
  peer.send("b");
  run({[&] { return script_.asked == 1; }, pass(std::chrono::seconds(20)),
       [&] {
         EXPECT_EQ(set_->size(), 1U) << "ended before timeouts.send";
         return peer.receive().size() == kMuch;
       },
       [&] { return script_.asked > 1; },
       [&] {
         answer();
         return true;
       },
       [&] { return peer.receive().size() == kMuch + 1; }});
  EXPECT_EQ(peer.received.find('b'), kMuch);
}

TEST_P(KeepingTest, AHandlerThatNeverAnswersIsADeadline) {
  timeouts_.handling = std::chrono::seconds(60);
  script_.on_input = [this](Protocol::Io io) { return keep(io); };
  Peer peer = connect();
  peer.send("x");
  run({[&] { return kept_ == 1; }, pass(std::chrono::seconds(61)),
       [&] { return peer.receive() == "trouble"; }});
  EXPECT_EQ(script_.troubles, std::vector{Protocol::Trouble::kDeadline});
}

INSTANTIATE_TEST_SUITE_P(Models, KeepingTest,
                         testing::Values(KeepingCase{"OneshotLevel", true, false},
                                         KeepingCase{"OneshotEdge", true, true},
                                         KeepingCase{"Level", false, false}, KeepingCase{"Edge", false, true},
                                         KeepingCase{"Ring", false, false, true}),
                         [](const auto& keeping) { return keeping.param.name; });

TEST_F(ConnectionTest, ADeadlineWaitsForTheOneWhoHoldsTheConnection) {
  timeouts_.keepalive = milliseconds(40);
  Connection* held = nullptr;
  on_ready_ = [&](Connection& connection) { held = &connection; };
  Peer peer = connect();
  peer.send("x");
  int iterations = 0;
  run({[&] { return held != nullptr; },
       [&] {
         clock_.advance(milliseconds(100));
         peer.receive();
         EXPECT_FALSE(peer.ended) << "closed while it was held";
         return ++iterations == 10;
       },
       [&] {
         std::thread([&] {
           held->receive();
           held->serve();
         }).join();
         return true;
       },
       [&] {
         clock_.advance(milliseconds(100));
         return peer.receive() == "x" && peer.ended;
       }});
}

TEST_F(ConnectionTest, AHeaderThatDripsIsCutAtItsDeadline) {
  timeouts_.header = milliseconds(100);
  script_.on_input = [](Protocol::Io) { return Step{.phase = Phase::kHeader}; };
  Peer peer = connect();
  bool closed = false;
  run({[&] {
         clock_.advance(milliseconds(10));
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

// It may be woken for an answer that has been written by then, when there is no worker: nothing is asked.
TEST_F(ConnectionTest, ARefusalOfAnIdleConnectionSaysNothing) {
  std::shared_ptr<Waker> waker;
  const auto answer = script_.on_input;
  script_.on_input = [&](Protocol::Io io) {
    waker = io.connection->waker();
    return answer(io);
  };
  int refused = 0;
  on_ready_ = [&](Connection& connection) {
    connection.receive();
    if (script_.asked == 0) return connection.serve();
    ++refused;
    connection.refuse();
  };
  Peer peer = connect();
  peer.send("x");
  run({[&] { return peer.receive() == "x"; },
       [&] {
         waker->wake();
         return true;
       },
       [&] { return refused == 1; }});
  EXPECT_TRUE(script_.troubles.empty());
  EXPECT_EQ(set_->size(), 1U);
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

// A worker gives a large connection back, armed for room since it was woken, in the midst of a batch; then
// its timer fires. To weigh it must not disarm it.
TEST_F(ConnectionTest, AWakeUpSurvivesThatTheConnectionIsWeighed) {
  Connection* held = nullptr;
  std::shared_ptr<Waker> waker;
  std::latch inside{1};
  std::latch let_go{1};
  std::thread worker;
  Script other;
  script_.memory = 64 * 1024;
  script_.on_input = [&](Protocol::Io io) -> Step {
    if (script_.asked > 1) return {.next = Next::kWait, .phase = Phase::kHandling};
    waker = io.connection->waker();
    inside.count_down();
    let_go.wait();
    return {.next = Next::kWait, .phase = Phase::kHandling};
  };
  on_ready_ = [&](Connection& connection) {
    if (held == nullptr) {
      held = &connection;
      worker = std::thread([&connection] {
        connection.receive();
        connection.serve();
      });
      return;
    }
    if (&connection != held) {  // The other one's event: the worker ends its work meanwhile.
      let_go.count_down();
      if (worker.joinable()) worker.join();
    }
    connection.receive();
    connection.serve();
  };
  Peer first = connect();
  Peer second = connect(other);
  first.send("x");
  int iterations = 0;
  run({[&] { return held != nullptr; },
       [&] {
         inside.wait();
         waker->wake();
         return true;
       },
       [&] { return ++iterations > 3; },
       [&] {
         clock_.advance(std::chrono::seconds(2));
         second.send("y");
         return true;
       },
       [&] { return second.receive() == "y"; }, [&] { return script_.asked == 2 || ++iterations > 100; }});
  EXPECT_EQ(script_.asked, 2);
}

// Clients that send and never finish, under a budget of 1 MiB: from 3/4 of it the largest are not read from,
// beyond it they are shed; the small ones are served as ever.
class MemoryTest : public ConnectionTest {
 protected:
  MemoryTest() : ConnectionTest(kMiB) {
    for (Script& script : scripts_) {
      script.on_input = [](Protocol::Io io) {
        return io.end_of_input ? Step{.next = Next::kClose} : Step{.phase = Phase::kBody, .restart = true};
      };
    }
  }

  // As much as the server takes of it.
  static void fill(const Peer& peer, std::size_t octets) { peer.send(std::string(octets, 'x')); }

  std::array<Script, 3> scripts_;
};

TEST_F(MemoryTest, TheLargestIsHeldAndGoesOnWhenThereIsRoom) {
  Peer first = connect(scripts_[0]);
  Peer second = connect(scripts_[1]);
  Peer small = connect(script_);
  int asked = 0;
  int iterations = 0;
  run({[&] {
         fill(first, 100'000);
         fill(second, 100'000);
         return memory_.level() == MemoryBudget::Pressure::kHold;
       },
       [&] { return ++iterations > 5; },
       [&] {
         asked = scripts_[0].asked + scripts_[1].asked;
         fill(first, 1000);
         fill(second, 1000);
         small.send("small");
         iterations = 0;
         return true;
       },
       [&] { return small.receive() == "small"; }, [&] { return ++iterations > 5; },
       [&] {
         EXPECT_LE(scripts_[0].asked + scripts_[1].asked, asked + 1) << "one of them at least is held";
         first.close();
         return true;
       },
       pass(std::chrono::seconds(1)), pass(std::chrono::seconds(1)),
       [&] {
         clock_.advance(milliseconds(100));
         return memory_.level() == MemoryBudget::Pressure::kNone && set_->size() == 2;
       },
       [&] {
         clock_.advance(milliseconds(100));
         asked = scripts_[1].asked;
         fill(second, 10);
         return true;
       },
       [&] {
         clock_.advance(milliseconds(100));
         return scripts_[1].asked > asked;
       }});
}

TEST_F(MemoryTest, BeyondTheBudgetTheLargestIsShedAndNoSmallOne) {
  timeouts_.linger = milliseconds(10);
  const std::uint64_t shed = metrics::read_metrics()[metrics::Counter::kShed];
  scripts_[0].on_input = [](Protocol::Io io) {
    if (!io.in.empty())
      io.in.append(std::string(2'000'000, 'x'));  // It makes more of its input than it came with.
    return Step{.phase = Phase::kBody, .restart = true};
  };
  Peer large = connect(scripts_[0]);
  Peer small = connect(script_);
  run({[&] {
         small.send("a");
         large.send("x");
         return true;
       },
       [&] { return large.receive() == "trouble"; },
       [&] {
         small.send("b");
         return true;
       },
       [&] { return small.receive() == "ab"; }});
  EXPECT_EQ(scripts_[0].troubles, std::vector{Protocol::Trouble::kOverload});
  EXPECT_EQ(metrics::read_metrics()[metrics::Counter::kShed], shed + 1);
  EXPECT_EQ(memory_.level(), MemoryBudget::Pressure::kNone) << "what it held is free";
}

// A WebSocket between two pieces of a message is quiet, and its buffers of octets are empty.
TEST_F(MemoryTest, AProtocolThatKeepsAMessageCountsHoweverQuietItIs) {
  constexpr std::size_t kMessage = 512 * 1024;
  script_.on_input = [&](Protocol::Io io) {
    io.in.consume(io.in.size());
    script_.memory = kMessage;
    return Step{.phase = Phase::kOpen};
  };
  Peer quiet = connect();
  quiet.send("x");
  int looks = 0;
  run({[&] { return script_.asked > 0; },
       [&] {
         EXPECT_EQ(memory_.total(), kMessage);
         clock_.advance(milliseconds(100));
         return ++looks > 30;
       }});
}

// The server did not read, so it is not the client that was too slow.
TEST_F(MemoryTest, OneThatIsHeldToItsDeadlineIsShed) {
  timeouts_.body = std::chrono::seconds(5);
  timeouts_.linger = milliseconds(10);
  const std::uint64_t shed = metrics::read_metrics()[metrics::Counter::kShed];
  script_.on_input = [&](Protocol::Io io) {
    io.in.consume(io.in.size());
    script_.memory = kMiB * 7 / 8;
    return Step{.phase = Phase::kBody, .restart = true};
  };
  Peer held = connect();
  held.send("x");
  run({[&] { return script_.asked > 0; },
       [&] {
         clock_.advance(milliseconds(100));
         return held.receive() == "trouble";
       }});
  EXPECT_EQ(script_.troubles, std::vector{Protocol::Trouble::kOverload});
  EXPECT_EQ(metrics::read_metrics()[metrics::Counter::kShed], shed + 1);
}

// Whoever was slow for a while before the server held it has all of its time again afterwards.
TEST_F(MemoryTest, ADeadlineForProgressBeginsAnewWhenOneIsReadAgain) {
  timeouts_.body = std::chrono::seconds(5);
  script_.on_input = [](Protocol::Io io) {
    return io.end_of_input ? Step{.next = Next::kClose} : Step{.phase = Phase::kBody, .restart = false};
  };
  scripts_[0].memory = kMiB * 7 / 8;
  Peer held = connect(scripts_[0]);
  held.send("x");
  int looks = 0;
  run({[&] { return memory_.level() == MemoryBudget::Pressure::kHold; },
       [&] {
         clock_.advance(milliseconds(100));
         return ++looks == 40;  // Four of the five seconds.
       },
       [&] {
         scripts_[0].memory = 0;
         looks = 0;
         return true;
       },
       [&] {
         clock_.advance(milliseconds(100));
         return ++looks == 40;
       }});
  EXPECT_TRUE(scripts_[0].troubles.empty());
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
         set_->drain(loop_.now().steady + std::chrono::seconds(10), milliseconds(0), [&] { drained = true; });
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

// A request may be on its way to a connection that is idle. One that has asked for nothing yet has time until
// the end.
TEST_F(ConnectionTest, DrainingMayWaitUntilAClientIsQuiet) {
  script_.on_input = [](Protocol::Io io) {
    const bool asked = !io.in.empty();
    io.in.consume(io.in.size());
    if (asked) io.out.append("x");
    return Step{.phase = asked || io.out.consumed() > 0 ? Phase::kKeepAlive : Phase::kHeader,
                .restart = asked};
  };
  Peer asking = connect();
  Peer silent = connect();
  asking.send("1");
  bool drained = false;
  int looks = 0;
  run({[&] { return asking.receive() == "x"; },
       [&] {
         set_->drain(loop_.now().steady + std::chrono::seconds(60), milliseconds(1000),
                     [&] { drained = true; });
         asking.send("1");
         return true;
       },
       [&] {
         if (asking.receive().size() < static_cast<std::size_t>(looks) + 2) return false;
         clock_.advance(milliseconds(300));
         asking.send("1");
         return ++looks == 10;
       },
       [&] {
         clock_.advance(milliseconds(100));
         asking.receive();
         return asking.ended;
       },
       [&] {
         silent.receive();
         EXPECT_FALSE(silent.ended);
         silent.send("1");
         return true;
       },
       [&] { return silent.receive() == "x"; },
       [&] {
         clock_.advance(milliseconds(100));
         silent.receive();
         return silent.ended;
       },
       [&] { return drained; }});
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
         set_->drain(loop_.now().steady + milliseconds(50), milliseconds(0), [&] { drained = true; });
         return true;
       },
       [&] {
         clock_.advance(milliseconds(10));
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
  timeouts_.open = milliseconds(20);
  Peer peer = connect();
  peer.send("?");
  run({[&] {
    clock_.advance(milliseconds(10));
    return peer.receive().starts_with("open overdue ");
  }});
}

// --- Terms ---------------------------------------------------------------------------------------

class Reloaded : public ConnectionTest {
 protected:
  Reloaded() {
    fresh_script_.on_input = [](Protocol::Io io) {
      if (!io.in.empty()) io.out.append("new:");
      io.out.append(io.in.readable());
      io.in.consume(io.in.size());
      return Step{};
    };
    fresh_->script = &fresh_script_;
  }

  // What waits for its next request does so in this phase.
  void answer_with(Phase phase) {
    script_.on_input = [phase](Protocol::Io io) {
      io.out.append(io.in.readable());
      io.in.consume(io.in.size());
      return Step{.phase = phase};
    };
  }
  void retire() { old_->next = fresh_; }

  Script fresh_script_;
  const std::shared_ptr<ScriptedTerms> fresh_ = std::make_shared<ScriptedTerms>(Timeouts());
  std::shared_ptr<ScriptedTerms> old_ = std::make_shared<ScriptedTerms>(Timeouts());
};

TEST_F(Reloaded, TheNextRequestIsUnderTheNewTerms) {
  Peer peer = connect(script_, "one", old_);
  run({[&] { return peer.receive() == "one"; },
       [&] {
         retire();
         peer.send("two");
         return true;
       },
       [&] { return peer.receive() == "onenew:two"; }});
  EXPECT_EQ(script_.closed, 1);
  EXPECT_EQ(script_.sent, 3U);
  EXPECT_EQ(old_.use_count(), 1) << "the old terms are kept by nobody";
}

TEST_F(Reloaded, WhoIsIdleMovesAtOnce) {
  Peer peer = connect(script_, "one", old_);
  run({[&] { return peer.receive() == "one"; },
       [&] {
         retire();
         set_->on_retirement();
         EXPECT_EQ(script_.closed, 1);
         EXPECT_EQ(old_.use_count(), 1);
         EXPECT_EQ(fresh_script_.asked, 0);
         peer.send("two");
         return true;
       },
       [&] { return peer.receive() == "onenew:two"; }});
}

class UnderWay : public Reloaded, public testing::WithParamInterface<Phase> {};

TEST_P(UnderWay, GoesOn) {
  answer_with(GetParam());
  Peer peer = connect(script_, "one", old_);
  run({[&] { return peer.receive() == "one"; },
       [&] {
         retire();
         set_->on_retirement();
         peer.send("two");
         return true;
       },
       [&] { return peer.receive() == "onetwo"; }});
  EXPECT_EQ(script_.closed, 0);
}

INSTANTIATE_TEST_SUITE_P(, UnderWay,
                         testing::Values(Phase::kHeader, Phase::kBody, Phase::kOpen, Phase::kStreams));

TEST_F(Reloaded, AProtocolThatCannotMoveIsCalledWhenItIsIdle) {
  answer_with(Phase::kNoStreams);
  Peer peer = connect(script_, "one", old_);
  run({[&] { return peer.receive() == "one"; },
       [&] {
         script_.on_input = [](Protocol::Io io) {
           io.out.append(io.connection->retired() ? "bye" : "?");
           return Step{.next = Next::kClose};
         };
         retire();
         set_->on_retirement();
         return true;
       },
       [&] { return peer.receive() == "onebye" && peer.ended; }});
}

}  // namespace
}  // namespace pollux::net
