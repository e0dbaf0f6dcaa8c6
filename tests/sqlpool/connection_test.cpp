// Both drivers, by one set of tables.
#include "sqlpool/connection.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/sqlpool/test_database.h"

namespace pollux::sqlpool {
namespace {

class Driver : public testing::TestWithParam<TestDriver> {
 protected:
  Driver() : connection_(connect(database_.address())) {
    if (GetParam() == TestDriver::kSqlite) {
      connection_->execute(
          "CREATE TABLE things (id INTEGER PRIMARY KEY, number INTEGER, text TEXT UNIQUE, octets BLOB)");
    } else {
      connection_->execute(
          "CREATE TABLE things (id BIGINT PRIMARY KEY AUTO_INCREMENT, number BIGINT, "
          "text VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin UNIQUE, octets BLOB) ENGINE = InnoDB");
    }
  }

  std::int64_t count() { return connection_->execute("SELECT COUNT(*) FROM things").rows.at(0).integer(0); }

  static Error::Kind kind_of(const std::function<void()>& failing) {
    try {
      failing();
    } catch (const Error& error) {
      return error.kind();
    }
    ADD_FAILURE() << "it did not fail";
    return Error::Kind::kOther;
  }

  TestDatabase database_{GetParam()};
  std::unique_ptr<Connection> connection_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, Driver, testing::Values(TestDriver::kSqlite));
INSTANTIATE_TEST_SUITE_P(Mysql, Driver, testing::Values(TestDriver::kMysql));

TEST_P(Driver, ValuesComeBackAsTheyWere) {
  using namespace std::string_literals;
  const std::vector<Value> table[] = {
      {std::int64_t{0}, ""s, Blob{""}},
      {std::int64_t{-1}, "plain"s, Blob{"\0\xff\x80 '\"\\"s}},
      {std::numeric_limits<std::int64_t>::max(), "'; DROP TABLE things; --"s,
       Blob{std::string(60'000, '\0')}},
      {std::numeric_limits<std::int64_t>::min(), "\" OR 1=1 #"s, Blob{"%_\n\r\x1a"}},
      {std::int64_t{7}, "Zo\u00eb \u4f60\u597d \U0001F600"s, std::monostate()},
      {std::monostate(), std::monostate(), std::monostate()},
  };
  for (const auto& row : table) {
    connection_->execute("INSERT INTO things (number, text, octets) VALUES (?, ?, ?)",
                         {row[0], row[1], row[2]});
  }
  const Reply reply = connection_->execute("SELECT number, text, octets FROM things ORDER BY id");
  ASSERT_EQ(reply.rows.size(), std::size(table));
  for (std::size_t i = 0; i < reply.rows.size(); ++i) EXPECT_EQ(reply.rows[i].values(), table[i]) << i;
  for (const auto& row : table) {
    if (std::holds_alternative<std::monostate>(row[1])) continue;
    const Reply found = connection_->execute("SELECT number FROM things WHERE text = ?", {row[1]});
    ASSERT_EQ(found.rows.size(), 1U);
    EXPECT_EQ(found.rows[0].values()[0], row[0]);
  }
}

TEST_P(Driver, SaysWhatAStatementDid) {
  const Reply first = connection_->execute("INSERT INTO things (number) VALUES (?)", {std::int64_t{1}});
  const Reply second = connection_->execute("INSERT INTO things (number) VALUES (?)", {std::int64_t{1}});
  EXPECT_EQ(first.affected, 1U);
  EXPECT_EQ(second.last_id, first.last_id + 1);
  // Found, though not changed.
  EXPECT_EQ(connection_->execute("UPDATE things SET number = ?", {std::int64_t{1}}).affected, 2U);
  EXPECT_EQ(connection_->execute("SELECT number FROM things").affected, 0U);
  EXPECT_EQ(connection_->execute("DELETE FROM things WHERE id = ?", {first.last_id}).affected, 1U);
  EXPECT_EQ(connection_->execute("DELETE FROM things WHERE id = ?", {first.last_id}).affected, 0U);
}

TEST_P(Driver, SaysWhyAStatementFailed) {
  connection_->execute("INSERT INTO things (text) VALUES (?)", {std::string("once")});
  const auto again = [&] {
    connection_->execute("INSERT INTO things (text) VALUES (?)", {std::string("once")});
  };
  EXPECT_EQ(kind_of(again), Error::Kind::kConstraint);
  EXPECT_EQ(kind_of([&] { connection_->execute("SELECT nonsense FROM things"); }), Error::Kind::kOther);
  EXPECT_EQ(kind_of([&] { connection_->execute("SELECT ?"); }), Error::Kind::kOther);
  EXPECT_EQ(kind_of([&] { (void)connection_->execute("SELECT text FROM things").rows.at(0).integer(0); }),
            Error::Kind::kOther);
  EXPECT_EQ(connection_->health(), Connection::Health::kGood);
  EXPECT_EQ(kind_of(again), Error::Kind::kConstraint);  // The statement can be used again.
  EXPECT_EQ(count(), 1);
}

TEST_P(Driver, TransactionsHappenWhollyOrNot) {
  connection_->begin();
  connection_->execute("INSERT INTO things (number) VALUES (1)");
  connection_->rollback();
  EXPECT_EQ(count(), 0);
  connection_->begin();
  connection_->execute("INSERT INTO things (number) VALUES (1)");
  const auto other = connect(database_.address());
  EXPECT_EQ(other->execute("SELECT COUNT(*) FROM things").rows.at(0).integer(0), 0);
  connection_->commit();
  EXPECT_EQ(other->execute("SELECT COUNT(*) FROM things").rows.at(0).integer(0), 1);
}

TEST_P(Driver, WaitsForALockASecondAtMost) {
  connection_->execute("INSERT INTO things (text) VALUES ('locked')");
  connection_->begin();
  connection_->execute("UPDATE things SET number = 1");
  const auto other = connect(database_.address());
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(kind_of([&] { other->execute("UPDATE things SET number = 2"); }), Error::Kind::kBusy);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(1500));
  EXPECT_EQ(other->health(), Connection::Health::kGood);
  connection_->rollback();
  EXPECT_EQ(other->execute("UPDATE things SET number = 2").affected, 1U);
}

TEST_P(Driver, AnswersAPing) { EXPECT_TRUE(connection_->ping()); }

class Sqlite : public testing::Test {
 protected:
  TestDatabase database_{TestDriver::kSqlite};
};

TEST_F(Sqlite, TheFileIsPrivate) {
  const auto connection = connect(database_.address());
  connection->execute("CREATE TABLE things (id INTEGER)");
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((database_.address().path + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
  }
}

// Each finds that write-ahead logging is to be turned on, or that the last one is just turning it off.
TEST_F(Sqlite, ManyMayOpenANewFileAtOnce) {
  for (int round = 0; round < 60; ++round) {
    Address address = database_.address();
    address.path += std::to_string(round);
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([&address] { EXPECT_NO_THROW((void)connect(address)); });
    for (auto& thread : threads) thread.join();
  }
}

TEST_F(Sqlite, AFileThatIsGoneIsALostConnection) {
  const auto connection = connect(database_.address());
  EXPECT_TRUE(connection->ping());
  std::filesystem::remove(database_.address().path);
  EXPECT_FALSE(connection->ping());
  EXPECT_EQ(connection->health(), Connection::Health::kLost);
}

// What may happen to the files while they are open.
struct Mishap {
  const char* name;
  void (*happen)(const std::string& path);
};

void PrintTo(const Mishap& mishap, std::ostream* out) { *out << mishap.name; }

void overwrite(const std::string& path, std::streamoff begin, std::size_t bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(begin);
  file << std::string(bytes, 'x');
}

namespace fs = std::filesystem;

constexpr std::streamoff kLogPage = 4096 + 24;  // In the -wal.

const Mishap kMishaps[] = {
    {"deleted", [](const std::string& path) { fs::remove(path); }},
    {"all_deleted",
     [](const std::string& path) {
       for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
     }},
    {"renamed", [](const std::string& path) { fs::rename(path, path + ".old"); }},
    {"truncated", [](const std::string& path) { fs::resize_file(path, 0); }},
    {"cut", [](const std::string& path) { fs::resize_file(path, fs::file_size(path) - 4096); }},
    {"log_deleted", [](const std::string& path) { fs::remove(path + "-wal"); }},
    {"log_replaced",
     [](const std::string& path) {
       fs::remove(path + "-wal");
       std::ofstream(path + "-wal") << "x";
     }},
    {"log_index_deleted", [](const std::string& path) { fs::remove(path + "-shm"); }},
    {"log_truncated", [](const std::string& path) { fs::resize_file(path + "-wal", 0); }},
    {"log_cut", [](const std::string& path) { fs::resize_file(path + "-wal", 32 + 2 * kLogPage); }},
    {"log_overwritten", [](const std::string& path) { overwrite(path + "-wal", 0, 100); }},
    {"log_overwritten_later", [](const std::string& path) { overwrite(path + "-wal", 32 + kLogPage, 8192); }},
};

class SqliteMishaps : public testing::TestWithParam<Mishap> {
 protected:
  SqliteMishaps() : connection_(connect(path())) {
    connection_->execute("CREATE TABLE things (id INTEGER PRIMARY KEY, octets BLOB)");
    insert(1);
    connection_->execute("PRAGMA wal_checkpoint(PASSIVE)");
    insert(2);
    insert(3);
    EXPECT_TRUE(connection_->ping());
  }

  [[nodiscard]] Address path() const { return database_.address(); }

  void insert(std::int64_t id) {
    connection_->execute("INSERT INTO things VALUES (?, ?)", {id, Blob{std::string(10'000, 'x')}});
  }

  // What a server finds that is started after this one has crashed.
  [[nodiscard]] bool is_stored(std::int64_t id) const {
    const test::TemporaryDirectory elsewhere;
    Address copy;
    copy.path = elsewhere / "copy.db";
    for (const char* suffix : {"", "-wal"}) {
      if (fs::exists(path().path + suffix)) fs::copy_file(path().path + suffix, copy.path + suffix);
    }
    try {
      return !connect(copy)->execute("SELECT id FROM things WHERE id = ?", {id}).rows.empty();
    } catch (const Error&) {
      return false;
    }
  }

  TestDatabase database_{TestDriver::kSqlite};
  std::unique_ptr<Connection> connection_;
};

INSTANTIATE_TEST_SUITE_P(All, SqliteMishaps, testing::ValuesIn(kMishaps),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(SqliteMishaps, NothingIsReportedAsDoneThatIsNotStored) {
  insert(4);
  EXPECT_TRUE(is_stored(4));
  GetParam().happen(path().path);
  try {
    insert(5);
    EXPECT_TRUE(is_stored(5));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::kUnavailable) << error.what();
    EXPECT_EQ(connection_->health(), Connection::Health::kLost);
  }
}

TEST_P(SqliteMishaps, ANewConnectionStores) {
  GetParam().happen(path().path);
  (void)connection_->ping();
  connection_.reset();
  try {
    connection_ = connect(path());
    connection_->execute("CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY, octets BLOB)");
    insert(4);
    EXPECT_TRUE(is_stored(4));
  } catch (const Error& error) {
    EXPECT_STREQ(GetParam().name, "cut") << error.what();  // It is no database any more.
  }
}

// A log that was deleted is still there for those who have it open.
TEST_P(SqliteMishaps, WhatWasStoredIsSavedWhereTheLogWasMoved) {
  const std::string_view name = GetParam().name;
  if (name != "log_deleted" && name != "log_replaced" && name != "log_index_deleted") return;
  GetParam().happen(path().path);
  EXPECT_FALSE(connection_->ping());
  EXPECT_TRUE(is_stored(3));
}

// Closing a descriptor of a file drops the locks of the whole process; and who finds no locks takes itself
// for the last one, and deletes the log.
TEST_F(Sqlite, AnotherProcessDoesNotDeleteTheLog) {
  const auto first = connect(database_.address());
  first->execute("CREATE TABLE things (id INTEGER)");
  const auto second = connect(database_.address());
  const ::pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Not by fork alone: SQLite's own memory is that of the parent.
    ::execl(
        "/usr/bin/python3", "python3", "-c",
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('INSERT INTO things VALUES (1)'); "
        "c.commit(); c.close()",
        database_.address().path.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(fs::exists(database_.address().path + "-wal"));
  EXPECT_TRUE(first->ping());
  EXPECT_TRUE(second->ping());
}

// SQLite writes and syncs the log's header before the first frame, so another connection may see it alone.
TEST_F(Sqlite, ALogWithoutAFrameIsWhole) {
  const auto connection = connect(database_.address());
  connection->execute("CREATE TABLE things (id INTEGER PRIMARY KEY)");
  connection->execute("PRAGMA wal_checkpoint(TRUNCATE)");
  fs::resize_file(database_.address().path + "-wal", 32);
  EXPECT_TRUE(connection->ping());
}

TEST_F(Sqlite, WhatIsNoDatabaseIsUnavailable) {
  std::ofstream(database_.address().path) << std::string(5000, 'x');
  Address nowhere;
  nowhere.path = database_.address().path + "/x";
  for (const Address& address : {database_.address(), nowhere}) {
    try {
      (void)connect(address);
      ADD_FAILURE() << address.path;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Error::Kind::kUnavailable) << error.what();
    }
  }
}

class MysqlConnecting : public testing::Test {
 protected:
  static Error error_of(const Address& address) {
    try {
      (void)connect(address);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "it connected";
    return {Error::Kind::kOther, ""};
  }

  TestDatabase database_{TestDriver::kMysql};
  Address address_ = database_.address();
};

TEST_F(MysqlConnecting, EncryptsWhenAsked) {
  const auto cipher = [](const Address& address) {
    return connect(address)->execute("SHOW STATUS LIKE 'Ssl_cipher'").rows.at(0).text(1);
  };
  EXPECT_EQ(cipher(address_), "");
  address_.tls = Address::Tls::kRequired;
  EXPECT_NE(cipher(address_), "");
  address_.tls = Address::Tls::kVerify;
  address_.ca = ::getenv("POLLUX_TEST_MYSQL_CA");
  EXPECT_NE(cipher(address_), "");
}

TEST_F(MysqlConnecting, RefusesAnUnknownAuthority) {
  address_.tls = Address::Tls::kVerify;
  EXPECT_NE(std::string(error_of(address_).what()).find("certificate"), std::string::npos);
}

TEST_F(MysqlConnecting, SaysWhyNot) {
  Address wrong = address_;
  wrong.password = "Open sesame";
  const Error denied = error_of(wrong);
  EXPECT_NE(std::string(denied.what()).find("Access denied"), std::string::npos) << denied.what();
  EXPECT_EQ(std::string(denied.what()).find("sesame"), std::string::npos) << denied.what();
  wrong = address_;
  wrong.database = "pollux_nothing";
  EXPECT_NE(std::string(error_of(wrong).what()).find("Unknown database"), std::string::npos);
}

TEST_F(MysqlConnecting, AConnectionThatWasKilledIsLost) {
  const auto victim = connect(address_);
  const std::int64_t id = victim->execute("SELECT CONNECTION_ID()").rows.at(0).integer(0);
  connect(address_)->execute("KILL ?", {id});
  try {
    victim->execute("SELECT 1");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::kUnavailable) << error.what();
  }
  EXPECT_EQ(victim->health(), Connection::Health::kLost);
  EXPECT_FALSE(victim->ping());
}

TEST_F(MysqlConnecting, AStoppedServerCostsASecond) {
  const MysqlControl control;
  const auto connection = connect(address_);
  control.order("stop");
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(connection->ping());
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_LT(asked - begun, std::chrono::milliseconds(1500));
  EXPECT_EQ(connection->health(), Connection::Health::kTimedOut);
  EXPECT_EQ(error_of(address_).kind(), Error::Kind::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::milliseconds(1500));
  control.order("cont");
  EXPECT_TRUE(connect(address_)->ping());
}

}  // namespace
}  // namespace pollux::sqlpool
