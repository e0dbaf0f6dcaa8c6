// Wires on a ring: every order in which octets, ends and completions may come, walked on real sockets.
#include "net/ring_wire.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "net/transport.h"
#include "tests/base/temporary_file.h"
#include "tests/net/no_ring.h"

namespace pollux::net {
namespace {

constexpr int kMaxTurns = 1000;  // More than anything here takes.

std::size_t next_descriptor() {
  return static_cast<std::size_t>(UniqueFd(::open("/dev/null", O_RDONLY)).get());
}

// Sends back what comes, and ends with its client. The least a connection can be.
class Echo final : public Wire::Handler {
 public:
  explicit Echo(Ring& ring) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    peer_.reset(ends[1]);
    constexpr int kSmall = 1;  // The kernel's least: a few pieces fill it.
    EXPECT_EQ(::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &kSmall, sizeof kSmall), 0);
    wire_ = std::make_unique<RingWire>(ring, UniqueFd(ends[0]), *this);
    serve();
  }

  void on_event(Wire::Event /*event*/) override {
    ASSERT_FALSE(over_) << "told after its end";
    serve();
  }

  // --- Of the client.
  void send() {
    const std::string piece(kPiece, static_cast<char>('a' + sent_.size() / kPiece % 26));
    if (peer_ && ::send(peer_.get(), piece.data(), piece.size(), MSG_NOSIGNAL) > 0) sent_ += piece;
  }
  void half_close() {
    if (peer_) (void)::shutdown(peer_.get(), SHUT_WR);
  }
  void leave() { peer_.reset(); }
  void read() {
    std::array<char, 64 * 1024> octets;
    for (;;) {
      const ssize_t got = peer_ ? ::recv(peer_.get(), octets.data(), octets.size(), 0) : -1;
      if (got == 0) ended_ = true;
      if (got <= 0) return;
      received_.append(octets.data(), static_cast<std::size_t>(got));
    }
  }

  // --- Of the server.
  void hold() { held_ = true; }
  void let_go() {
    if (std::exchange(held_, false) && !over_) serve();
  }
  void close() {
    if (!std::exchange(over_, true)) wire_->close(transport_);
  }
  void reset() {
    if (!std::exchange(over_, true)) wire_->reset();
  }

  [[nodiscard]] bool at_rest() const { return wire_->at_rest(); }
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] bool refused() const { return refused_; }
  [[nodiscard]] bool peer_is_there() const { return static_cast<bool>(peer_); }
  [[nodiscard]] bool peer_saw_the_end() const { return ended_; }
  [[nodiscard]] const std::string& sent() const { return sent_; }
  [[nodiscard]] const std::string& received() const { return received_; }

 private:
  static constexpr std::size_t kPiece = 3000;

  void serve() {
    if (wants_input(wire_->interest())) wire_->receive(transport_, false);
    if (transport_.failed()) return reset();
    transport_.out().append(transport_.in().readable());
    transport_.in().consume(transport_.in().size());
    const Wire::Flush state = transport_.all_sent() ? Wire::Flush::kDone : wire_->flush(transport_).state;
    if (state == Wire::Flush::kBroken) return reset();
    if (state == Wire::Flush::kDone && transport_.end_of_input()) return close();
    Interest wanted = state == Wire::Flush::kBlocked ? Interest::kRoom : Interest::kSilence;
    if (!held_ && !transport_.end_of_input()) wanted = wanted | Interest::kInput;
    if (!wire_->await(wanted, false)) {
      refused_ = true;
      reset();
    }
  }

  UniqueFd peer_;
  Transport transport_;
  std::unique_ptr<RingWire> wire_;
  std::string sent_;
  std::string received_;
  bool ended_ = false;
  bool held_ = false;  // Nobody reads from its client.
  bool over_ = false;
  bool refused_ = false;  // What it waits for cannot be had.
};

// Whether anything has happened.
bool turn(Ring& ring) {
  const bool something = ring.wait(0) > 0;
  ring.dispatch();
  return something;
}

// Until nothing happens any more by itself. A turn that submits may complete in the next one.
void settle(Ring& ring) {
  int turns = 0;
  for (int quiet = 0; quiet < 2; ++quiet) {
    ASSERT_LT(++turns, kMaxTurns) << "it never comes to rest";
    if (turn(ring)) quiet = -1;
  }
}

void read_all(Ring& ring, Echo& echo) {
  for (std::size_t before = 1, after = 0; before != after;) {
    before = echo.received().size();
    settle(ring);
    echo.read();
    after = echo.received().size();
  }
}

// Its client takes nothing, and its socket has no more room.
void fill(Ring& ring, Echo& echo) {
  for (int i = 0; i < 10; ++i) {
    echo.send();
    settle(ring);
  }
}

using Action = void (*)(Ring&, std::vector<std::unique_ptr<Echo>>&);

constexpr Action kTurn = [](Ring& ring, auto&) { (void)turn(ring); };

template <std::size_t Which, auto Method>
constexpr Action kOf = [](Ring&, auto& echoes) { (*echoes[Which].*Method)(); };

constexpr std::array kOneClient = {
    kTurn,
    kOf<0, &Echo::send>,
    kOf<0, &Echo::read>,
    kOf<0, &Echo::half_close>,
    kOf<0, &Echo::leave>,
    kOf<0, &Echo::hold>,
    kOf<0, &Echo::let_go>,
    kOf<0, &Echo::close>,
    kOf<0, &Echo::reset>,
};

constexpr std::array kTwoClients = {
    kTurn,
    kOf<0, &Echo::send>,
    kOf<1, &Echo::send>,
    kOf<0, &Echo::read>,
    kOf<0, &Echo::leave>,
    kOf<0, &Echo::reset>,
    kOf<1, &Echo::half_close>,
};

class RingWireTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why_not = no_ring(); !why_not.empty()) GTEST_SKIP() << why_not;
    ring_.emplace(RingOptions{.receive_buffers = 1});
    ring_->begin();
  }
  void TearDown() override {
    if (ring_) ring_->end();
  }

  // `walk`: indices of `actions`.
  void walk(const std::vector<std::size_t>& walk, std::span<const Action> actions, std::size_t clients) {
    const std::size_t descriptor = next_descriptor();
    {
      std::vector<std::unique_ptr<Echo>> echoes;
      for (std::size_t i = 0; i < clients; ++i) echoes.push_back(std::make_unique<Echo>(*ring_));
      for (const std::size_t action : walk) actions[action](*ring_, echoes);
      for (const auto& echo : echoes) finish(*echo);
    }
    EXPECT_EQ(next_descriptor(), descriptor) << "a descriptor is left open";
    if (!HasFailure()) return;
    std::string steps;
    for (const std::size_t action : walk) steps += std::to_string(action) + " ";
    FAIL() << "after the steps " << steps;
  }

  void every_walk(std::size_t steps, std::span<const Action> actions, std::size_t clients) {
    std::vector<std::size_t> steps_taken(steps, 0);
    for (;;) {
      walk(steps_taken, actions, clients);
      if (HasFailure()) return;
      std::size_t at = 0;
      while (at < steps && ++steps_taken[at] == actions.size()) steps_taken[at++] = 0;
      if (at == steps) return;
    }
  }

  void random_walks(int count, std::size_t steps, std::span<const Action> actions, std::size_t clients) {
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same walks each time.
    std::uniform_int_distribution<std::size_t> any(0, actions.size() - 1);
    for (int i = 0; i < count && !HasFailure(); ++i) {
      std::vector<std::size_t> steps_taken(steps);
      for (std::size_t& step : steps_taken) step = any(random);
      walk(steps_taken, actions, clients);
    }
  }

  // 1,200 clients that all speak at once: more than the queues hold.
  void serve_a_crowd() {
    std::vector<std::unique_ptr<Echo>> echoes;
    for (int i = 0; i < 1200; ++i) {
      echoes.push_back(std::make_unique<Echo>(*ring_));
      echoes.back()->send();
    }
    const auto all_have = [&echoes] {
      return std::all_of(echoes.begin(), echoes.end(),
                         [](const auto& echo) { return echo->received() == echo->sent(); });
    };
    for (int turns = 0; !all_have(); ++turns) {
      ASSERT_LT(turns, 10 * 1200) << "one buffer serves one of them a turn";
      (void)turn(*ring_);
      for (const auto& echo : echoes) echo->read();
    }
    for (const auto& echo : echoes) echo->reset();
    ring_->end();
    for (const auto& echo : echoes) EXPECT_TRUE(echo->at_rest());
  }

  std::optional<Ring> ring_;

 private:
  // Whoever is still there gets all of its answer, and then its end.
  void finish(Echo& echo) {
    EXPECT_FALSE(echo.refused());
    const bool ended_early = echo.over();
    echo.let_go();
    read_all(*ring_, echo);
    const bool is_owed_all = !ended_early && echo.peer_is_there();
    EXPECT_TRUE(!is_owed_all || echo.received() == echo.sent());
    EXPECT_TRUE(echo.sent().starts_with(echo.received()));
    echo.close();
    settle(*ring_);
    ASSERT_TRUE(echo.at_rest());
    echo.read();
    EXPECT_TRUE(!echo.peer_is_there() || echo.peer_saw_the_end());
    echo.leave();
  }
};

TEST_F(RingWireTest, EveryOrderOfFiveSteps) { every_walk(5, kOneClient, 1); }

TEST_F(RingWireTest, LongWalks) { random_walks(20'000, 16, kOneClient, 1); }

TEST_F(RingWireTest, TwoThatWantTheOnlyBuffer) {
  every_walk(4, kTwoClients, 2);
  random_walks(10'000, 16, kTwoClients, 2);
}

// The poll for room reports the half-close each time it is asked.
TEST_F(RingWireTest, ASlowReaderThatHasHalfClosedKeepsNobodyBusy) {
  Echo echo(*ring_);
  fill(*ring_, echo);
  echo.half_close();
  settle(*ring_);
  EXPECT_FALSE(turn(*ring_));
  EXPECT_LT(echo.received().size(), echo.sent().size());
  read_all(*ring_, echo);
  EXPECT_EQ(echo.received(), echo.sent());
  EXPECT_TRUE(echo.peer_saw_the_end());
}

TEST_F(RingWireTest, ACrowdWithOneBuffer) { serve_a_crowd(); }

TEST_F(RingWireTest, ACrowdWithBuffersThatGrow) {
  ring_->end();
  ring_.emplace(RingOptions{.receive_buffers = 256});
  ring_->begin();
  EXPECT_LT(ring_->buffers().free(), 256U);
  serve_a_crowd();
  EXPECT_EQ(ring_->buffers().free(), 256U);
}

// --- A ring that takes nothing -------------------------------------------------------------------

class Indifferent final : public RingSubmitter {
 public:
  void on_completion(RingOperation /*operation*/, const RingCompletion& /*completion*/) override {}
};

// The completions that have come are delivered, and then `act` is done, while the queue is full and the
// kernel takes nothing from it: because this is not the thread of the ring (IORING_SETUP_SINGLE_ISSUER).
void while_refused(Ring& ring, const std::function<void()>& act) {
  constexpr int kFull = 1024;
  Indifferent nobody;
  (void)ring.wait(0);
  for (int i = 0; i < kFull; ++i) ASSERT_TRUE(ring.nop(nobody));
  std::thread([&] {
    EXPECT_FALSE(ring.nop(nobody));
    ring.dispatch();
    act();
  }).join();
  settle(ring);
}

struct RefusedCase {
  const char* what;
  void (*before)(Ring& ring, Echo& echo);
  void (*meanwhile)(Echo& echo);
};

constexpr auto kNothingMore = [](Echo&) {};

const RefusedCase kRefused[] = {
    {"a send", [](Ring&, Echo& echo) { echo.send(); }, kNothingMore},
    {"a receive",
     [](Ring& ring, Echo& echo) {
       fill(ring, echo);
       echo.send();
     },
     kNothingMore},
    {"a turn for what has come already",
     [](Ring& ring, Echo& echo) {
       echo.hold();
       echo.send();
       settle(ring);
     },
     [](Echo& echo) { echo.let_go(); }},
    {"a poll for the end",
     [](Ring& ring, Echo& echo) {
       echo.send();
       (void)turn(ring);
       echo.hold();
     },
     kNothingMore},
    {"a poll for room, once more",
     [](Ring& ring, Echo& echo) {
       fill(ring, echo);
       echo.half_close();
     },
     kNothingMore},
    {"cancelling a receive", [](Ring&, Echo&) {}, [](Echo& echo) { echo.close(); }},
    {"cancelling a poll for the end",
     [](Ring& ring, Echo& echo) {
       echo.hold();
       echo.send();
       settle(ring);
     },
     [](Echo& echo) { echo.reset(); }},
};

// It costs the connection, and nothing else: no exception, no descriptor, no operation that never ends.
TEST_F(RingWireTest, ARefusedOperationEndsItsConnection) {
  for (const RefusedCase& c : kRefused) {
    SCOPED_TRACE(c.what);
    const std::size_t descriptor = next_descriptor();
    {
      Echo echo(*ring_);
      settle(*ring_);
      c.before(*ring_, echo);
      while_refused(*ring_, [&] { c.meanwhile(echo); });
      EXPECT_TRUE(echo.over());
      ASSERT_TRUE(echo.at_rest());
      echo.read();
      EXPECT_TRUE(echo.peer_saw_the_end());
      echo.leave();
    }
    EXPECT_EQ(next_descriptor(), descriptor) << "a descriptor is left open";
  }
}

// --- Lent memory ---------------------------------------------------------------------------------

class CountingRooms final : public Wire::Handler {
 public:
  void on_event(Wire::Event event) override { rooms += event.room ? 1 : 0; }

  int rooms = 0;
};

bool is_mapped(const std::string& path) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(path) != std::string::npos) return true;
  }
  return false;
}

TEST_F(RingWireTest, WhatASendDidNotTakeIsLentNoMore) {
  const TemporaryFile file(pattern(kLarge));
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  const UniqueFd far(ends[1]);
  while (::send(ends[0], "x", 1, MSG_NOSIGNAL) > 0) continue;
  CountingRooms handler;
  RingWire wire(*ring_, UniqueFd(ends[0]), handler);
  Transport transport;
  transport.out().append(file.load(), 0, kLarge);
  ASSERT_EQ(wire.flush(transport).state, Wire::Flush::kBlocked);
  transport.unmap();
  EXPECT_TRUE(is_mapped(file.path())) << "the kernel may be reading it";
  ASSERT_TRUE(wire.await(Interest::kRoom, false));
  settle(*ring_);
  ASSERT_EQ(handler.rooms, 1) << "the send is over";
  ASSERT_EQ(wire.flush(transport).state, Wire::Flush::kBlocked);
  ASSERT_TRUE(wire.await(Interest::kRoom, false));
  transport.unmap();
  EXPECT_FALSE(is_mapped(file.path()));
  wire.reset();
  settle(*ring_);
  EXPECT_TRUE(wire.at_rest());
}

// A ring that ends takes back whatever is under way.
TEST_F(RingWireTest, TheEndOfTheRing) {
  std::vector<std::unique_ptr<Echo>> echoes;
  echoes.reserve(8);
  for (int i = 0; i < 8; ++i) echoes.push_back(std::make_unique<Echo>(*ring_));
  for (int i = 0; i < 8; i += 2) echoes[static_cast<std::size_t>(i)]->send();
  echoes[4]->hold();
  (void)turn(*ring_);
  ring_->end();
  for (const auto& echo : echoes) EXPECT_TRUE(echo->at_rest());
}

}  // namespace
}  // namespace pollux::net
