// A MySQL server that is killed, stopped and started again under load.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "accounts/accounts.h"
#include "tests/sqlpool/test_database.h"

namespace pollux::accounts {
namespace {

using sqlpool::MysqlControl;
using sqlpool::TestDatabase;
using sqlpool::TestDriver;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* kAcknowledged = "correct horse";

Options options_for(const TestDatabase& database) {
  Options options;
  options.database = database.address();
  options.connections = 4;
  options.hash = {64, 1, 1};
  return options;
}

// Threads that register one user after the other, and note who was acknowledged.
class Load {
 public:
  Load(Accounts& accounts, int threads) : accounts_(accounts) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this, i] { run(std::to_string(i) + " "); });
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() { stop(); }

  void stop() {
    stopping_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  void wait_for_more() const {
    for (const int before = registered_; registered_ < before + 10;) std::this_thread::yield();
  }
  void wait_for_refusal() const {
    for (const int before = refused_; refused_ == before;) std::this_thread::yield();
  }

  // REQUIRES: stopped.
  [[nodiscard]] const std::vector<std::string>& acknowledged() const { return names_; }
  [[nodiscard]] milliseconds longest() const { return milliseconds(longest_); }

 private:
  void run(const std::string& prefix) {
    for (int n = 0; !stopping_; ++n) {
      const std::string name = prefix + std::to_string(n);
      const auto begun = steady_clock::now();
      const Outcome outcome = accounts_.register_user(name, kAcknowledged, {}).outcome;
      const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun).count();
      const std::lock_guard lock(mutex_);
      longest_ = std::max<std::int64_t>(longest_, took);
      if (outcome == Outcome::kOk) {
        names_.push_back(name);
        ++registered_;
      } else {
        ++refused_;
      }
    }
  }

  Accounts& accounts_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> registered_{0};
  std::atomic<int> refused_{0};
  std::mutex mutex_;
  std::vector<std::string> names_;
  std::int64_t longest_ = 0;
  std::vector<std::thread> threads_;
};

class MysqlFaults : public testing::Test {
 protected:
  MysqlFaults() : accounts_(options_for(database_)) {}

  TestDatabase database_{TestDriver::kMysql};
  MysqlControl control_;
  Accounts accounts_;
};

TEST_F(MysqlFaults, KilledInMidLoadNothingAcknowledgedIsLost) {
  Load load(accounts_, 8);
  for (int round = 0; round < 3; ++round) {
    load.wait_for_more();
    control_.order("kill");
    load.wait_for_refusal();
    control_.order("start");
    load.wait_for_more();  // It heals without being told.
  }
  load.stop();
  EXPECT_LT(load.longest(), seconds(2));
  Options options = options_for(database_);
  options.waits.connection = seconds(10);
  Accounts fresh(options);
  for (const std::string& name : load.acknowledged()) {
    ASSERT_EQ(fresh.register_user(name, kAcknowledged, {}).outcome, Outcome::kTaken) << name;
  }
  RecordProperty("acknowledged", static_cast<int>(load.acknowledged().size()));
}

TEST_F(MysqlFaults, StoppedEveryCallIsBounded) {
  const UserResult user = accounts_.register_user("anna", kAcknowledged, {});
  ASSERT_TRUE(user.ok());
  const Token token = accounts_.log_in("anna", kAcknowledged, {}).token;
  {
    Load load(accounts_, 8);
    load.wait_for_more();
    control_.order("stop");
    load.wait_for_refusal();
    for (int i = 0; i < 5; ++i) {
      const auto begun = steady_clock::now();
      EXPECT_EQ(accounts_.find_session(token).outcome, Outcome::kUnavailable);
      EXPECT_EQ(accounts_.log_in("anna", kAcknowledged, {}).outcome, Outcome::kUnavailable);
      EXPECT_EQ(accounts_.log_out(token).outcome, Outcome::kUnavailable);
      EXPECT_LT(steady_clock::now() - begun, milliseconds(3 * 2000));
    }
    control_.order("cont");
    load.wait_for_more();
    load.stop();
    EXPECT_LT(load.longest(), seconds(2));
  }
  Outcome outcome = Outcome::kUnavailable;
  while (outcome == Outcome::kUnavailable) outcome = accounts_.find_session(token).outcome;
  EXPECT_EQ(outcome, Outcome::kOk);
}

TEST_F(MysqlFaults, AbsentAtStartThenThere) {
  control_.order("kill");
  Accounts accounts(options_for(database_));
  accounts.prepare();
  EXPECT_EQ(accounts.register_user("anna", kAcknowledged, {}).outcome, Outcome::kUnavailable);
  control_.order("start");
  Outcome outcome = Outcome::kUnavailable;
  while (outcome == Outcome::kUnavailable)
    outcome = accounts.register_user("anna", kAcknowledged, {}).outcome;
  EXPECT_EQ(outcome, Outcome::kOk);
}

}  // namespace
}  // namespace pollux::accounts
