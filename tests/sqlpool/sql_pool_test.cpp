// The pool over connections that do as they are told, and a clock that does, too.
#include "sqlpool/sql_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

#include "log/logger.h"

namespace pollux::sqlpool {
namespace {

using std::chrono::milliseconds;

// Keeps what is logged. The logger owns it; the lines are the test's.
class Lines : public log::Sink {
 public:
  explicit Lines(std::vector<std::string>& lines) : lines_(lines) {}
  void write(std::string_view text) noexcept override { lines_.emplace_back(text); }
  void flush() noexcept override {}
  log::Lost close() noexcept override { return {}; }
  void reopen() noexcept override {}
  [[nodiscard]] log::Lost lost() const noexcept override { return {}; }

 private:
  std::vector<std::string>& lines_;
};

// What all connections of a test share.
struct World {
  std::atomic<bool> there{true};
  std::atomic<bool> answers{true};
  std::atomic<int> open{0};
  std::atomic<int> max_open{0};
  std::atomic<int> attempts{0};
  std::atomic<int> pings{0};
};

class FakeConnection : public Connection {
 public:
  explicit FakeConnection(World& world) : world_(world) {
    const int open = ++world_.open;
    if (open > world_.max_open) world_.max_open = open;
  }
  ~FakeConnection() override { --world_.open; }

  [[nodiscard]] Dialect dialect() const override { return Dialect::kSqlite; }
  Reply run(Sql, std::span<const Value>) override {
    fail_if_away();
    return {};
  }
  void begin() override { fail_if_away(); }
  void commit() override { fail_if_away(); }
  void rollback() noexcept override { ++rollbacks; }
  bool ping() noexcept override {
    ++world_.pings;
    look();
    return health_ == Health::kGood;
  }
  [[nodiscard]] Health health() const override { return health_; }

  int rollbacks = 0;

 private:
  void look() {
    if (!world_.there) health_ = Health::kLost;
    if (!world_.answers) health_ = Health::kTimedOut;
  }
  void fail_if_away() {
    look();
    if (health_ != Health::kGood) throw Error(Error::Kind::kUnavailable, "gone");
  }

  World& world_;
  Health health_ = Health::kGood;
};

class Pool : public testing::Test {
 protected:
  Pool() { log::configure(log::Level::kInfo, std::make_unique<Lines>(lines_)); }
  ~Pool() override { log::shutdown(); }

  std::unique_ptr<SqlPool> make(std::size_t size) {
    return std::make_unique<SqlPool>(
        "test",
        [this]() -> std::unique_ptr<Connection> {
          ++world_.attempts;
          if (!world_.there || !world_.answers) throw Error(Error::Kind::kUnavailable, "refused");
          return std::make_unique<FakeConnection>(world_);
        },
        PoolOptions{.size = size}, [this] { return now_.load(); });
  }

  void advance(milliseconds time) { now_ = now_.load() + time; }
  SqlPool::Lease lease(SqlPool& pool, milliseconds patience = {}) {
    return pool.acquire(now_.load() + patience);
  }

  Error refusal(SqlPool& pool) {
    try {
      (void)lease(pool);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "there was a lease";
    return {Error::Kind::kOther, ""};
  }

  // Lines that say `words`.
  [[nodiscard]] std::ptrdiff_t said(std::string_view words) const {
    return std::count_if(lines_.begin(), lines_.end(),
                         [&](const std::string& line) { return line.find(words) != std::string::npos; });
  }

  std::vector<std::string> lines_;
  World world_;
  std::atomic<TimePoint> now_{TimePoint(std::chrono::hours(1))};
};

TEST_F(Pool, ConnectsLateAndUsesAgain) {
  const auto pool = make(2);
  EXPECT_EQ(world_.attempts, 0);
  { const auto one = lease(*pool, milliseconds(1)); }
  { const auto one = lease(*pool, milliseconds(1)); }
  EXPECT_EQ(world_.attempts, 1);
  EXPECT_EQ(world_.pings, 0);
}

TEST_F(Pool, OpensNoMoreThanItsSize) {
  const auto pool = make(2);
  const auto one = lease(*pool);
  const auto two = lease(*pool);
  EXPECT_EQ(refusal(*pool).kind(), Error::Kind::kBusy);
  EXPECT_EQ(pool->connections(), 2U);
  EXPECT_EQ(world_.max_open, 2);
}

TEST_F(Pool, WhoWaitsGetsWhatIsGivenBack) {
  const auto pool = make(1);
  std::optional<SqlPool::Lease> held(lease(*pool));
  std::atomic<bool> got = false;
  std::thread waiting([&] {
    const auto mine = lease(*pool, std::chrono::hours(1));
    got = true;
  });
  EXPECT_FALSE(got);
  held.reset();
  waiting.join();
  EXPECT_TRUE(got);
  EXPECT_EQ(world_.attempts, 1);
}

TEST_F(Pool, AsksBeforeItLendsWhatHasIdled) {
  const auto pool = make(1);
  { const auto one = lease(*pool); }
  advance(milliseconds(999));
  { const auto one = lease(*pool); }
  EXPECT_EQ(world_.pings, 0);
  advance(milliseconds(1000));
  { const auto one = lease(*pool); }
  EXPECT_EQ(world_.pings, 1);
}

TEST_F(Pool, AbsentAtStartIsSaidOnceAndRecovered) {
  const auto pool = make(4);
  world_.there = false;
  EXPECT_EQ(refusal(*pool).kind(), Error::Kind::kUnavailable);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(refusal(*pool).kind(), Error::Kind::kUnavailable);
  EXPECT_EQ(world_.attempts, 1);  // The others did not even try.
  for (int i = 0; i < 10; ++i) {
    advance(milliseconds(3000));
    EXPECT_EQ(refusal(*pool).kind(), Error::Kind::kUnavailable);
  }
  EXPECT_EQ(world_.attempts, 11);
  world_.there = true;
  advance(milliseconds(3000));
  { const auto one = lease(*pool); }
  EXPECT_EQ(said("test is away: refused"), 1);
  EXPECT_EQ(said("test is back"), 1);
  EXPECT_EQ(said(""), 2);
}

TEST_F(Pool, ThePauseDoublesAndHasABound) {
  const auto pool = make(1);
  world_.there = false;
  (void)refusal(*pool);
  for (const int pause : {100, 200, 400, 800, 1600, 3000, 3000}) {
    EXPECT_EQ(refusal(*pool).retry_after(), milliseconds(pause));
    const int before = world_.attempts;
    advance(milliseconds(pause - 1));
    (void)refusal(*pool);
    EXPECT_EQ(world_.attempts, before);
    advance(milliseconds(1));
    (void)refusal(*pool);
    EXPECT_EQ(world_.attempts, before + 1);
  }
}

TEST_F(Pool, AfterALossAllOthersAreAsked) {
  const auto pool = make(3);
  {
    auto one = lease(*pool, milliseconds(1));
    const auto two = lease(*pool);
    const auto three = lease(*pool);
    world_.there = false;
    EXPECT_THROW(one.execute("SELECT 1"), Error);
    world_.there = true;
  }
  EXPECT_EQ(pool->connections(), 2U);
  EXPECT_EQ(world_.open, 2);
  const auto one = lease(*pool);
  const auto two = lease(*pool);
  const auto three = lease(*pool);
  EXPECT_EQ(world_.attempts, 4);
  EXPECT_EQ(said("is away"), 0);  // A restart that nobody noticed.
}

TEST_F(Pool, LostOnesAreReplacedWithoutAWord) {
  const auto pool = make(3);
  { auto one = lease(*pool); }
  advance(milliseconds(1000));
  world_.there = false;
  EXPECT_EQ(refusal(*pool).kind(), Error::Kind::kUnavailable);
  EXPECT_EQ(pool->connections(), 0U);
  EXPECT_EQ(said("is away: refused"), 1);
}

TEST_F(Pool, OneThatDoesNotAnswerClosesAll) {
  const auto pool = make(3);
  {
    const auto one = lease(*pool);
    const auto two = lease(*pool);
  }
  EXPECT_EQ(world_.open, 2);
  advance(milliseconds(1000));
  world_.answers = false;
  EXPECT_EQ(refusal(*pool).kind(), Error::Kind::kUnavailable);
  EXPECT_EQ(world_.open, 0);
  EXPECT_EQ(world_.pings, 1);
  EXPECT_EQ(world_.attempts, 2);  // None for the refusal: it had cost its second already.
  EXPECT_EQ(said("is away: it does not answer"), 1);
}

TEST_F(Pool, WhoWaitsIsToldWhenItIsAway) {
  const auto pool = make(1);
  std::optional<SqlPool::Lease> held(lease(*pool, milliseconds(1)));
  std::atomic<bool> refused = false;
  std::thread waiting([&] {
    try {
      const auto mine = lease(*pool, std::chrono::hours(1));
    } catch (const Error& error) {
      refused = error.kind() == Error::Kind::kUnavailable;
    }
  });
  world_.answers = false;
  EXPECT_THROW(held->execute("SELECT 1"), Error);
  held.reset();
  waiting.join();
  EXPECT_TRUE(refused);
}

TEST_F(Pool, ADeadlineIsForTheWaitForAConnectionOnly) {
  const auto pool = make(1);
  auto one = lease(*pool, milliseconds(100));
  one.execute("SELECT 1");
  advance(milliseconds(100));
  one.execute("SELECT 1");  // A process that got no CPU is no fault of the database's.
  Transaction(one).commit();
}

TEST_F(Pool, WhatIsNotCommittedIsRolledBack) {
  const auto pool = make(1);
  auto one = lease(*pool, milliseconds(100));
  auto& connection = dynamic_cast<FakeConnection&>(one.connection());
  {
    Transaction transaction(one);
    transaction.commit();
  }
  EXPECT_EQ(connection.rollbacks, 0);
  { const Transaction transaction(one); }
  EXPECT_EQ(connection.rollbacks, 1);
}

TEST_F(Pool, ManyThreadsShareFewConnections) {
  const auto pool = make(3);
  std::atomic<int> served = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        auto mine = lease(*pool, std::chrono::hours(1));
        mine.execute("SELECT 1");
        ++served;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(served, 16 * 200);
  EXPECT_LE(world_.max_open, 3);
}

}  // namespace
}  // namespace pollux::sqlpool
