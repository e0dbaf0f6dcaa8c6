// Waits and work: a slow hash and a slow statement are no reason to refuse anybody; a wait is, when its own
// time is over, and the log says what was waited for.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "accounts/accounts.h"
#include "log/logger.h"
#include "sqlpool/driver.h"
#include "tests/sqlpool/test_database.h"

namespace pollux::accounts {
namespace {

using sqlpool::Connection;
using sqlpool::Error;
using std::chrono::hours;
using std::chrono::seconds;

constexpr const char* kRightPassword = "correct horse";

class StarvedClock {
 public:
  [[nodiscard]] Now read() const {
    return {TimePoint(hours(1)) + elapsed(), WallTime(hours(500'000)) + elapsed()};
  }
  [[nodiscard]] milliseconds elapsed() const { return milliseconds(elapsed_); }
  void advance(milliseconds time) { elapsed_ += time.count(); }

 private:
  std::atomic<std::int64_t> elapsed_{0};
};

// The real SQLite, in a process that gets so little CPU that every call takes its time.
class Starved final : public Connection {
 public:
  Starved(std::unique_ptr<Connection> inner, StarvedClock& clock, const std::atomic<milliseconds>& each)
      : inner_(std::move(inner)), clock_(clock), each_(each) {}

  [[nodiscard]] sqlpool::Dialect dialect() const override { return inner_->dialect(); }
  sqlpool::Reply run(sqlpool::Sql sql, std::span<const sqlpool::Value> values) override {
    clock_.advance(each_.load());
    return inner_->run(sql, values);
  }
  void begin() override { inner_->begin(); }
  void commit() override { inner_->commit(); }
  void rollback() noexcept override { inner_->rollback(); }
  bool ping() noexcept override { return inner_->ping(); }
  [[nodiscard]] Health health() const override { return inner_->health(); }

 private:
  std::unique_ptr<Connection> inner_;
  StarvedClock& clock_;
  const std::atomic<milliseconds>& each_;
};

class Lines final : public log::Sink {
 public:
  Lines(std::mutex& mutex, std::string& text) : mutex_(mutex), text_(text) {}
  void write(std::string_view text) noexcept override {
    const std::lock_guard lock(mutex_);
    text_ += text;
  }
  void flush() noexcept override {}
  log::Lost close() noexcept override { return {}; }
  void reopen() noexcept override {}
  [[nodiscard]] log::Lost lost() const noexcept override { return {}; }

 private:
  std::mutex& mutex_;
  std::string& text_;
};

class WaitsTest : public testing::Test {
 protected:
  WaitsTest() { log::configure(log::Level::kWarn, std::make_unique<Lines>(mutex_, log_)); }
  ~WaitsTest() override { log::shutdown(); }

  Options options() {
    Options options;
    options.database = database_.address();
    options.hash = {64, 1, 1};
    options.clock = [this] { return clock_.read(); };
    options.hash_function = [this](auto&&... arguments) {
      clock_.advance(hash_takes_);
      return argon2id(std::forward<decltype(arguments)>(arguments)...);
    };
    options.connector = [this]() -> std::unique_ptr<Connection> {
      return std::make_unique<Starved>(sqlpool::connect(database_.address()), clock_, statement_takes_);
    };
    return options;
  }

  [[nodiscard]] bool said(std::string_view words) {
    const std::lock_guard lock(mutex_);
    return log_.find(words) != std::string::npos;
  }

  std::mutex mutex_;
  std::string log_;
  StarvedClock clock_;
  std::atomic<milliseconds> hash_takes_{milliseconds(0)};
  std::atomic<milliseconds> statement_takes_{milliseconds(0)};
  sqlpool::TestDatabase database_{sqlpool::TestDriver::kSqlite};
};

TEST_F(WaitsTest, ASlowCpuMayRegisterLogInAndChangeAPassword) {
  const struct {
    milliseconds hash;
    milliseconds statement;
  } table[] = {{seconds(0), seconds(0)}, {seconds(3), seconds(0)},  {seconds(3), seconds(1)},
               {seconds(0), seconds(5)}, {seconds(30), seconds(0)}, {seconds(30), seconds(3)}};
  int name = 0;
  for (const auto& row : table) {
    Accounts accounts(options());
    accounts.prepare();
    hash_takes_ = row.hash;
    statement_takes_ = row.statement;
    const std::string user = std::to_string(++name);
    EXPECT_TRUE(accounts.register_user(user, kRightPassword, {}).ok())
        << row.hash.count() << " " << row.statement.count();
    const UserResult login = accounts.log_in(user, kRightPassword, {});
    EXPECT_TRUE(login.ok()) << row.hash.count() << " " << row.statement.count();
    EXPECT_TRUE(accounts.find_session(login.token).ok());
    EXPECT_TRUE(accounts.log_in(user, kRightPassword, {}).ok());
    EXPECT_TRUE(accounts.log_out(login.token).ok());
    hash_takes_ = statement_takes_ = seconds(0);
  }
  EXPECT_EQ(log_, "");
}

TEST_F(WaitsTest, NoHashBeginsWhenTheVisitorHasWaitedLongEnough) {
  Accounts accounts(options());
  ASSERT_TRUE(accounts.register_user("anna", kRightPassword, {}).ok());
  statement_takes_ = options().waits.visitor;
  EXPECT_EQ(accounts.log_in("anna", kRightPassword, {}).outcome, Outcome::kUnavailable);
  EXPECT_TRUE(said("accounts: cannot hash a password: there was no turn in 0 ms")) << log_;
}

TEST_F(WaitsTest, ADatabaseThatIsAwayIsToldWithinADriversSecond) {
  Options away = options();
  away.connector = [this]() -> std::unique_ptr<Connection> {
    clock_.advance(seconds(1));
    throw Error(Error::Kind::kUnavailable, "timed out");
  };
  Accounts accounts(away);
  for (int i = 0; i < 3; ++i) {
    const milliseconds before = clock_.elapsed();
    EXPECT_EQ(accounts.log_in("anna", kRightPassword, {}).outcome, Outcome::kUnavailable);
    EXPECT_LE(clock_.elapsed() - before, seconds(1));
  }
}

// One call holds the only turn while another one asks for it.
TEST_F(WaitsTest, AFullQueueRefusesAtOnceAndTheLogSaysSo) {
  std::latch begun{1};
  std::latch over{1};
  std::atomic<bool> hold = false;
  Options one = options();
  one.hashings = 1;
  one.max_waiting_to_hash = 0;
  one.hash_function = [&](auto&&... arguments) {
    if (hold) {
      begun.count_down();
      over.wait();
    }
    return argon2id(std::forward<decltype(arguments)>(arguments)...);
  };
  Accounts accounts(one);
  accounts.prepare();
  hold = true;
  std::thread holder([&] { EXPECT_TRUE(accounts.register_user("anna", kRightPassword, {}).ok()); });
  begun.wait();
  const UserResult refused = accounts.register_user("otto", kRightPassword, {});
  EXPECT_EQ(refused.outcome, Outcome::kUnavailable);
  EXPECT_EQ(refused.retry_after, seconds(1));
  EXPECT_TRUE(said("accounts: cannot hash a password: 0 others wait for a turn")) << log_;
  hold = false;
  over.count_down();
  holder.join();
}

// One call holds the only connection while another one asks for it.
TEST_F(WaitsTest, AllConnectionsInUseIsWhatTheLogSays) {
  std::latch begun{1};
  std::latch over{1};
  Options one = options();
  one.clock = Now::read;
  one.connections = 1;
  one.waits.connection = milliseconds(1);
  one.connector = [&]() -> std::unique_ptr<Connection> {
    begun.count_down();
    over.wait();
    return sqlpool::connect(database_.address());
  };
  Accounts accounts(one);
  std::thread holder([&] { accounts.prepare(); });
  begun.wait();
  EXPECT_EQ(accounts.log_in("anna", kRightPassword, {}).outcome, Outcome::kUnavailable);
  EXPECT_TRUE(said("accounts: all connections to the database are in use")) << log_;
  over.count_down();
  holder.join();
}

}  // namespace
}  // namespace pollux::accounts
