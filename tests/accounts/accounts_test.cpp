// The facade: one set of tests, on SQLite and on a MySQL server.
#include "accounts/accounts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "accounts/schema.h"
#include "sqlpool/sql_pool.h"
#include "tests/sqlpool/test_database.h"

namespace pollux::accounts {
namespace {

using namespace std::string_literals;
using sqlpool::TestDatabase;
using sqlpool::TestDriver;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kPassword = "correct horse";
constexpr const char* kHome = "192.0.2.7";

// Time that stands still, unless told to go on.
struct Clock {
  std::atomic<std::int64_t> elapsed{0};  // Seconds.

  [[nodiscard]] Now now() const {
    return {TimePoint(hours(1)) + seconds(elapsed), WallTime(seconds(1'800'000'000) + seconds(elapsed))};
  }
};

class Facade : public testing::TestWithParam<TestDriver> {
 protected:
  std::unique_ptr<Accounts> make(const std::function<void(Options&)>& change = {}) {
    Options options;
    options.database = database_.address();
    options.hash = {64, 1, 1};
    options.max_waiting_to_hash = 200;
    options.waits = {minutes(1), minutes(1), minutes(1)};  // For sanitizers, and 200 at once.
    options.clock = [this] { return clock_.now(); };
    if (change) change(options);
    return std::make_unique<Accounts>(options);
  }

  static User registered(Accounts& accounts, const std::string& name) {
    const UserResult result = accounts.register_user(name, kPassword, kHome);
    EXPECT_EQ(result.outcome, Outcome::kOk) << name;
    return result.user;
  }

  static Token logged_in(Accounts& accounts, const std::string& name, const char* password = kPassword) {
    const UserResult result = accounts.log_in(name, password, kHome);
    EXPECT_EQ(result.outcome, Outcome::kOk) << name;
    return result.token;
  }

  Clock clock_;
  TestDatabase database_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Sqlite, Facade, testing::Values(TestDriver::kSqlite));
INSTANTIATE_TEST_SUITE_P(Mysql, Facade, testing::Values(TestDriver::kMysql));

TEST_P(Facade, RegisterLogInLogOut) {
  const auto accounts = make();
  const User user = registered(*accounts, "Zo\u00eb");
  const UserResult login = accounts->log_in("ZO\u00cb", kPassword, kHome);
  ASSERT_TRUE(login.ok());
  EXPECT_EQ(login.user.id, user.id);
  EXPECT_EQ(login.user.name, "Zo\u00eb");  // As it was typed the first time.
  EXPECT_TRUE(Accounts::is_token(login.token));

  const SessionResult session = accounts->find_session(login.token);
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(session.user.name, "Zo\u00eb");
  EXPECT_EQ(session.created, clock_.now().wall);
  EXPECT_EQ(session.expires, clock_.now().wall + hours(24 * 30));

  EXPECT_TRUE(accounts->log_out(login.token).ok());
  EXPECT_EQ(accounts->find_session(login.token).outcome, Outcome::kNoSession);
  EXPECT_TRUE(accounts->log_out(login.token).ok());
}

TEST_P(Facade, ASessionWithoutAPasswordForWhoHasJustRegistered) {
  const auto accounts = make();
  const User user = registered(*accounts, "anna");
  const UserResult session = accounts->start_session(user);
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(accounts->find_session(session.token).user.id, user.id);
  EXPECT_EQ(accounts->start_session({user.id + 1, "otto"}).outcome, Outcome::kWrong);
}

TEST_P(Facade, RegistrationRefuses) {
  const auto accounts = make();
  registered(*accounts, "anna");
  EXPECT_EQ(accounts->register_user("ANNA", kPassword, kHome).outcome, Outcome::kTaken);
  const UserResult name = accounts->register_user("", "short", kHome);
  EXPECT_EQ(name.outcome, Outcome::kBadName);
  EXPECT_EQ(name.name_problem, NameProblem::kEmpty);
  EXPECT_EQ(name.password_problem, PasswordProblem::kTooShort);
  const UserResult password = accounts->register_user("otto", "short", kHome);
  EXPECT_EQ(password.outcome, Outcome::kBadPassword);
  EXPECT_EQ(password.password_problem, PasswordProblem::kTooShort);
}

TEST_P(Facade, LogInRefuses) {
  const auto accounts = make();
  registered(*accounts, "anna");
  const std::string table[][2] = {{"anna", "wrong horse"},
                                  {"anna", "CORRECT HORSE"},
                                  {"anna", "correct horse "},
                                  {"anna", ""},
                                  {"anna", std::string(1'000'000, 'x')},
                                  {"anna", "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8"},
                                  {"anna\0"s, kPassword},
                                  {"otto", kPassword},
                                  {"", kPassword},
                                  {std::string(1'000'000, 'x'), kPassword},
                                  {"\xff", kPassword},
                                  {"anna%", kPassword},
                                  {"' OR '1'='1", kPassword},
                                  {"anna' --", "whatever1"},
                                  {"anna", "' OR '1'='1"},
                                  {"\" OR 1=1 #", kPassword}};
  for (const auto& [name, password] : table) {
    EXPECT_EQ(accounts->log_in(name, password, {}).outcome, Outcome::kWrong) << name.substr(0, 20);
    clock_.elapsed += 10;  // Not to be throttled.
  }
}

TEST_P(Facade, NamesThatWouldBeSqlAreNames) {
  const auto accounts = make();
  const std::vector<std::string> names = {"'; DROP TABLE pollux_users; --",
                                          "anna",
                                          "an_a",
                                          "ann%",
                                          "a'b\"c`d\\e",
                                          "\\",
                                          "NULL",
                                          "?",
                                          "%s%n",
                                          "\u4f60\u597d",
                                          "\U0001F600",
                                          "<b>&amp;",
                                          std::string(32, 'x')};
  for (const std::string& name : names) registered(*accounts, name);
  for (const std::string& name : names) {
    EXPECT_EQ(accounts->find_session(logged_in(*accounts, name)).user.name, name);
    EXPECT_EQ(accounts->register_user(name, kPassword, kHome).outcome, Outcome::kTaken);
  }
}

TEST_P(Facade, TokensThatAreNone) {
  const auto accounts = make();
  registered(*accounts, "anna");
  const Token token = logged_in(*accounts, "anna");
  for (const std::string& text :
       {""s, token.substr(1), token + "x", std::string(43, 'A'), std::string(43, '\''), "' OR 1=1 --"s,
        std::string(1'000'000, 'A'), "\0"s + token.substr(1)}) {
    EXPECT_EQ(accounts->find_session(text).outcome, Outcome::kNoSession) << text.substr(0, 50);
    EXPECT_TRUE(accounts->log_out(text).ok());
    EXPECT_EQ(accounts->log_out_everywhere(text).outcome, Outcome::kNoSession);
    EXPECT_EQ(accounts->change_password(text, kPassword, "another horse", kHome).outcome,
              Outcome::kNoSession);
  }
  EXPECT_TRUE(accounts->find_session(token).ok());
}

TEST_P(Facade, SessionsEndByAgeAndByIdling) {
  const auto accounts = make([](Options& options) {
    options.session_lifetime = hours(10);
    options.session_idle = hours(1);
  });
  const User user = registered(*accounts, "anna");
  const Token used = logged_in(*accounts, "anna");
  const Token idle = logged_in(*accounts, "anna");
  EXPECT_EQ(accounts->count_sessions(user).count, 2U);
  for (int i = 0; i < 19; ++i) {
    EXPECT_TRUE(accounts->find_session(used).ok()) << i;
    clock_.elapsed += 30 * 60;
  }
  EXPECT_EQ(accounts->find_session(idle).outcome, Outcome::kNoSession);
  EXPECT_EQ(accounts->count_sessions(user).count, 1U);
  clock_.elapsed += 30 * 60 - 1;
  EXPECT_TRUE(accounts->find_session(used).ok());
  clock_.elapsed += 1;
  EXPECT_EQ(accounts->find_session(used).outcome, Outcome::kNoSession);
  EXPECT_EQ(accounts->count_sessions(user).count, 0U);
}

TEST_P(Facade, ExpiredSessionsAreDeletedNowAndThen) {
  const auto accounts = make([](Options& options) { options.session_lifetime = hours(1); });
  registered(*accounts, "anna");
  for (int i = 0; i < 20; ++i) logged_in(*accounts, "anna");
  const auto rows = [&] {
    const auto connection = sqlpool::connect(database_.address());
    return connection->execute("SELECT COUNT(*) FROM pollux_sessions").rows.at(0).integer(0);
  };
  EXPECT_EQ(rows(), 20);
  clock_.elapsed += 3600;
  logged_in(*accounts, "anna");
  EXPECT_EQ(rows(), 1);
}

TEST_P(Facade, LogOutEverywhere) {
  const auto accounts = make();
  registered(*accounts, "anna");
  registered(*accounts, "otto");
  const Token one = logged_in(*accounts, "anna");
  const Token two = logged_in(*accounts, "anna");
  const Token otto = logged_in(*accounts, "otto");
  EXPECT_TRUE(accounts->log_out_everywhere(one).ok());
  for (const Token& token : {one, two}) {
    EXPECT_EQ(accounts->find_session(token).outcome, Outcome::kNoSession);
  }
  EXPECT_TRUE(accounts->find_session(otto).ok());
}

TEST_P(Facade, ChangeOfPasswordEndsTheOtherSessions) {
  const auto accounts = make();
  registered(*accounts, "anna");
  const Token here = logged_in(*accounts, "anna");
  const Token there = logged_in(*accounts, "anna");
  EXPECT_EQ(accounts->change_password(here, "wrong horse", "another horse", kHome).outcome, Outcome::kWrong);
  EXPECT_EQ(accounts->change_password(here, kPassword, "short", kHome).outcome, Outcome::kBadPassword);
  EXPECT_TRUE(accounts->find_session(there).ok());
  EXPECT_TRUE(accounts->change_password(here, kPassword, "another horse", kHome).ok());
  EXPECT_TRUE(accounts->find_session(here).ok());
  EXPECT_EQ(accounts->find_session(there).outcome, Outcome::kNoSession);
  EXPECT_EQ(accounts->log_in("anna", kPassword, kHome).outcome, Outcome::kWrong);
  logged_in(*accounts, "anna", "another horse");
}

TEST_P(Facade, TheOperatorAddsAndRemoves) {
  const auto accounts = make();
  EXPECT_TRUE(accounts->add_user("anna", kPassword).ok());
  EXPECT_EQ(accounts->add_user("Anna", kPassword).outcome, Outcome::kTaken);
  EXPECT_EQ(accounts->add_user("otto", "short").outcome, Outcome::kBadPassword);
  const Token token = logged_in(*accounts, "anna");
  EXPECT_TRUE(accounts->remove_user("ANNA").ok());
  EXPECT_EQ(accounts->find_session(token).outcome, Outcome::kNoSession);
  EXPECT_EQ(accounts->remove_user("anna").outcome, Outcome::kWrong);
  EXPECT_EQ(accounts->remove_user("").outcome, Outcome::kWrong);
  EXPECT_EQ(accounts->log_in("anna", kPassword, kHome).outcome, Outcome::kWrong);
  registered(*accounts, "anna");  // The name is free again.
}

TEST_P(Facade, WrongPasswordsAreThrottledByName) {
  const auto accounts = make([](Options& options) { options.attempts.failures_per_name = {3, seconds(10)}; });
  registered(*accounts, "anna");
  for (const char* name : {"anna", "nobody"}) {  // Who does not exist is not told by that either.
    for (int i = 0; i < 3; ++i) EXPECT_EQ(accounts->log_in(name, "wrong horse", {}).outcome, Outcome::kWrong);
    const UserResult refused = accounts->log_in(name, kPassword, {});
    EXPECT_EQ(refused.outcome, Outcome::kThrottled);
    EXPECT_EQ(refused.retry_after, seconds(10));
  }
  clock_.elapsed += 10;
  for (int i = 0; i < 10; ++i) logged_in(*accounts, "anna");  // Successes are counted apart.
}

TEST_P(Facade, LogInsThatSucceedAreThrottledByNameAndAddress) {
  const auto by_name = make([](Options& options) { options.attempts.successes_per_name = {3, seconds(10)}; });
  registered(*by_name, "anna");
  registered(*by_name, "otto");
  for (int i = 0; i < 3; ++i) logged_in(*by_name, "anna");
  const UserResult refused = by_name->log_in("anna", kPassword, "192.0.2.8");
  EXPECT_EQ(refused.outcome, Outcome::kThrottled);
  EXPECT_EQ(refused.retry_after, seconds(10));
  const Token token = logged_in(*by_name, "otto");
  clock_.elapsed += 10;
  logged_in(*by_name, "anna");

  const auto by_address = make([](Options& options) {
    options.attempts.successes_per_address = {3, seconds(10)};
  });
  for (const char* name : {"anna", "otto", "anna"}) logged_in(*by_address, name);
  EXPECT_EQ(by_address->log_in("otto", kPassword, kHome).outcome, Outcome::kThrottled);
  // So are changes of passwords, which cost two hashes.
  EXPECT_EQ(by_address->change_password(token, kPassword, "another horse", kHome).outcome,
            Outcome::kThrottled);
  EXPECT_TRUE(by_address->change_password(token, kPassword, "another horse", "192.0.2.8").ok());
}

TEST_P(Facade, WrongPasswordsAreThrottledByAddress) {
  const auto accounts = make([](Options& options) {
    options.attempts.failures_per_address = {3, seconds(10)};
  });
  const struct {
    const char* address;
    const char* same;
    const char* other;
  } table[] = {{"192.0.2.7", "::ffff:192.0.2.7", "192.0.2.8"},
               {"2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:3::1"}};
  int name = 0;
  const auto attempt = [&](const char* address) {
    return accounts->log_in(std::to_string(++name), "wrong horse", address).outcome;
  };
  for (const auto& row : table) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(attempt(row.address), Outcome::kWrong);
    EXPECT_EQ(attempt(row.address), Outcome::kThrottled);
    EXPECT_EQ(attempt(row.same), Outcome::kThrottled);
    EXPECT_EQ(attempt(row.other), Outcome::kWrong);
  }
  EXPECT_EQ(attempt(""), Outcome::kWrong);
}

TEST_P(Facade, RegistrationsAreThrottledByAddress) {
  const auto accounts = make([](Options& options) {
    options.attempts.registrations_per_address = {2, seconds(10)};
  });
  registered(*accounts, "1");
  registered(*accounts, "2");
  EXPECT_EQ(accounts->register_user("3", kPassword, kHome).outcome, Outcome::kThrottled);
  EXPECT_TRUE(accounts->add_user("3", kPassword).ok());  // Not the operator's.
}

TEST_P(Facade, GuessesAtTheOldPasswordAreThrottled) {
  const auto accounts = make([](Options& options) { options.attempts.failures_per_name = {3, seconds(10)}; });
  registered(*accounts, "anna");
  const Token token = logged_in(*accounts, "anna");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(accounts->change_password(token, "wrong horse", "another horse", {}).outcome, Outcome::kWrong);
  }
  EXPECT_EQ(accounts->change_password(token, kPassword, "another horse", {}).outcome, Outcome::kThrottled);
}

TEST_P(Facade, RaisedParametersReachWhoLogsIn) {
  const auto password_of_anna = [&] {
    const auto connection = sqlpool::connect(database_.address());
    return connection->execute("SELECT password FROM pollux_users WHERE name = 'anna'").rows.at(0).text(0);
  };
  registered(*make(), "anna");
  const std::string before = password_of_anna();
  EXPECT_TRUE(before.starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << before;
  const auto raised = make([](Options& options) { options.hash = {128, 2, 1}; });
  const Token token = logged_in(*raised, "anna");
  EXPECT_TRUE(raised->find_session(token).ok());
  const std::string after = password_of_anna();
  EXPECT_TRUE(after.starts_with("$argon2id$v=19$m=128,t=2,p=1$")) << after;
  logged_in(*raised, "anna");
  EXPECT_EQ(password_of_anna(), after);
}

TEST_P(Facade, ManyLogInsOfOneNameAtOnceAreFine) {
  const auto accounts = make();
  registered(*accounts, "anna");
  std::atomic<int> succeeded = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&] { succeeded += accounts->log_in("anna", kPassword, kHome).ok(); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(succeeded, 64);
}

// Two servers on one database.
TEST_P(Facade, WhatOneServerDoesHoldsOnAll) {
  const auto one = make();
  const auto two = make();
  registered(*one, "anna");
  const Token token = logged_in(*two, "anna");
  EXPECT_TRUE(one->find_session(token).ok());
  EXPECT_TRUE(one->log_out(token).ok());
  EXPECT_EQ(two->find_session(token).outcome, Outcome::kNoSession);
  const Token first = logged_in(*one, "anna");
  const Token second = logged_in(*two, "anna");
  EXPECT_TRUE(two->log_out_everywhere(second).ok());
  EXPECT_EQ(one->find_session(first).outcome, Outcome::kNoSession);
}

TEST_P(Facade, OfManyRegistrationsOfOneNameOneSucceeds) {
  const auto one = make();
  const auto two = make();
  std::atomic<int> succeeded = 0;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 200; ++i) {
    threads.emplace_back([&, i] {
      const UserResult result =
          (i % 2 == 0 ? one : two)->register_user(i % 3 == 0 ? "Anna" : "anna", kPassword, {});
      succeeded += result.outcome == Outcome::kOk;
      taken += result.outcome == Outcome::kTaken;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(succeeded, 1);
  EXPECT_EQ(taken, 199);
}

TEST_P(Facade, ManyServersMayStartAtOnce) {
  std::atomic<int> there = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] { there += make()->register_user(std::to_string(i), kPassword, {}).ok(); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(there, 8);
}

TEST_P(Facade, TablesThatWereDroppedAreMadeAgain) {
  const auto accounts = make();
  registered(*accounts, "anna");
  const auto connection = sqlpool::connect(database_.address());
  for (const sqlpool::Sql sql :
       {sqlpool::Sql("DROP TABLE pollux_sessions"), sqlpool::Sql("DROP TABLE pollux_users"),
        sqlpool::Sql("DROP TABLE pollux_schema")}) {
    connection->execute(sql);
  }
  EXPECT_EQ(accounts->register_user("anna", kPassword, kHome).outcome, Outcome::kUnavailable);
  registered(*accounts, "anna");
}

TEST_P(Facade, OlderTablesAreMigratedAndNewerOnesRefused) {
  registered(*make(), "anna");
  const Migration next{2,
                       {"ALTER TABLE pollux_users ADD COLUMN colour INTEGER"},
                       {"ALTER TABLE pollux_users ADD COLUMN IF NOT EXISTS colour BIGINT"}};
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.push_back(next);
  sqlpool::SqlPool pool("test", [&] { return sqlpool::connect(database_.address()); }, {});
  {
    auto lease = pool.acquire(std::chrono::steady_clock::now() + seconds(10));
    migrate(lease, steps);
    migrate(lease, steps);  // Nothing to do.
    EXPECT_EQ(lease.execute("SELECT name, colour FROM pollux_users").rows.at(0).text(0), "anna");
  }
  EXPECT_EQ(make()->register_user("otto", kPassword, kHome).outcome, Outcome::kUnavailable);
}

// Of what is stored, nothing can be used to log in.
TEST_P(Facade, NeitherPasswordNorTokenIsStored) {
  const auto accounts = make();
  registered(*accounts, "anna");
  const Token token = logged_in(*accounts, "anna");
  const auto connection = sqlpool::connect(database_.address());
  std::string everything;
  for (const sqlpool::Sql sql :
       {sqlpool::Sql("SELECT * FROM pollux_users"), sqlpool::Sql("SELECT * FROM pollux_sessions")}) {
    for (const sqlpool::Row& row : connection->execute(sql).rows) {
      for (const sqlpool::Value& value : row.values()) {
        if (const auto* text = std::get_if<std::string>(&value)) everything += *text + "\n";
        if (const auto* blob = std::get_if<sqlpool::Blob>(&value)) everything += blob->octets + "\n";
      }
    }
  }
  EXPECT_NE(everything.find("anna"), std::string::npos);
  EXPECT_NE(everything.find("$argon2id$"), std::string::npos);
  EXPECT_EQ(everything.find(kPassword), std::string::npos);
  EXPECT_EQ(everything.find(token), std::string::npos);
}

TEST(Sqlite, AnAbsentDirectoryIsUnavailableUntilItIsThere) {
  const TestDatabase database(TestDriver::kSqlite);
  const std::filesystem::path directory =
      std::filesystem::path(database.address().path).parent_path() / "later";
  Options options;
  options.database.path = directory / "accounts.db";
  options.hash = {64, 1, 1};
  Accounts accounts(options);
  accounts.prepare();
  const UserResult refused = accounts.register_user("anna", kPassword, {});
  EXPECT_EQ(refused.outcome, Outcome::kUnavailable);
  EXPECT_GE(refused.retry_after, seconds(1));
  std::filesystem::create_directory(directory);
  Outcome outcome = Outcome::kUnavailable;
  while (outcome == Outcome::kUnavailable) outcome = accounts.register_user("anna", kPassword, {}).outcome;
  EXPECT_EQ(outcome, Outcome::kOk);
}

// A registration that is acknowledged is in the file that is there, and no session outlives its own.
TEST(Sqlite, ADeletedFileIsLeftAtOnce) {
  const TestDatabase database(TestDriver::kSqlite);
  Options options;
  options.database = database.address();
  options.hash = {64, 1, 1};
  Accounts accounts(options);
  ASSERT_EQ(accounts.register_user("anna", kPassword, {}).outcome, Outcome::kOk);
  const UserResult session = accounts.log_in("anna", kPassword, {});
  ASSERT_EQ(session.outcome, Outcome::kOk);
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(database.address().path + suffix);
  EXPECT_NE(accounts.find_session(session.token).outcome, Outcome::kOk);
  Outcome outcome = Outcome::kUnavailable;
  while (outcome == Outcome::kUnavailable) outcome = accounts.register_user("otto", kPassword, {}).outcome;
  EXPECT_EQ(outcome, Outcome::kOk);
  const auto names = sqlpool::connect(database.address())->execute("SELECT name FROM pollux_users").rows;
  ASSERT_EQ(names.size(), 1U);
  EXPECT_EQ(names.front().text(0), "otto");
}

}  // namespace
}  // namespace pollux::accounts
