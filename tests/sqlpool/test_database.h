// Databases for tests: an SQLite file of its own, or the MySQL server that tests/with_mariadb.py gives.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "base/unique_fd.h"
#include "sqlpool/address.h"
#include "sqlpool/driver.h"
#include "tests/temporary_directory.h"

namespace pollux::sqlpool {

enum class TestDriver { kSqlite, kMysql };

// For the names of the tests.
inline void PrintTo(TestDriver driver, std::ostream* out) {
  *out << (driver == TestDriver::kSqlite ? "SQLite" : "MySQL");
}

class TestDatabase {
 public:
  explicit TestDatabase(TestDriver driver) {
    if (driver == TestDriver::kMysql) {
      const char* address = ::getenv("POLLUX_TEST_MYSQL");
      if (address == nullptr) throw std::runtime_error("run this by tests/with_mariadb.py");
      address_ = parse_address(address);
      const auto connection = connect(address_);
      connection->execute("DROP TABLE IF EXISTS pollux_sessions, pollux_users, pollux_schema, things");
    } else {
      address_.path = directory_ / "test.db";
    }
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  [[nodiscard]] const Address& address() const { return address_; }

 private:
  test::TemporaryDirectory directory_;
  Address address_;
};

// Gives orders to the server: kill, start, stop, cont (see tests/with_mariadb.py).
class MysqlControl {
 public:
  MysqlControl() : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const char* path = ::getenv("POLLUX_TEST_MYSQL_CONTROL");
    std::strncpy(name.sun_path, path == nullptr ? "" : path, sizeof name.sun_path - 1);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
      throw std::runtime_error("run this by tests/with_mariadb.py");
    }
  }

  // Returns when it is done.
  void order(const std::string& what) const {
    const std::string line = what + "\n";
    ASSERT_EQ(::write(socket_.get(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
    char answer[4] = {};
    ASSERT_EQ(::recv(socket_.get(), answer, 3, MSG_WAITALL), 3);
    ASSERT_STREQ(answer, "ok\n");
  }

 private:
  UniqueFd socket_;
};

}  // namespace pollux::sqlpool
