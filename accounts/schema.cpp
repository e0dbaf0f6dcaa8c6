#include "accounts/schema.h"

#include <fmt/core.h>

#include "log/logger.h"

namespace pollux::accounts {

namespace {

using sqlpool::Dialect;
using sqlpool::Error;
using sqlpool::Sql;
using sqlpool::SqlPool;

// Times are seconds since 1970. name_key: see rules.h. token: see token.h. No id is used twice, also not that
// of a user who was removed.
std::vector<Migration> make_migrations() {
  return {{1,
           {R"(CREATE TABLE pollux_users (
                 id INTEGER PRIMARY KEY AUTOINCREMENT,
                 name TEXT NOT NULL,
                 name_key BLOB NOT NULL UNIQUE,
                 password TEXT NOT NULL,
                 created INTEGER NOT NULL) STRICT)",
            R"(CREATE TABLE pollux_sessions (
                 token BLOB PRIMARY KEY,
                 user_id INTEGER NOT NULL REFERENCES pollux_users (id) ON DELETE CASCADE,
                 created INTEGER NOT NULL,
                 used INTEGER NOT NULL,
                 expires INTEGER NOT NULL) STRICT, WITHOUT ROWID)",
            "CREATE INDEX pollux_sessions_user ON pollux_sessions (user_id)",
            "CREATE INDEX pollux_sessions_used ON pollux_sessions (used)",
            "CREATE INDEX pollux_sessions_expires ON pollux_sessions (expires)"},
           {R"(CREATE TABLE IF NOT EXISTS pollux_users (
                 id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
                 name VARCHAR(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
                 name_key VARBINARY(512) NOT NULL UNIQUE,
                 password VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
                 created BIGINT NOT NULL) ENGINE = InnoDB)",
            R"(CREATE TABLE IF NOT EXISTS pollux_sessions (
                 token BINARY(32) NOT NULL PRIMARY KEY,
                 user_id BIGINT NOT NULL,
                 created BIGINT NOT NULL,
                 used BIGINT NOT NULL,
                 expires BIGINT NOT NULL,
                 KEY (user_id), KEY (used), KEY (expires),
                 FOREIGN KEY (user_id) REFERENCES pollux_users (id) ON DELETE CASCADE) ENGINE = InnoDB)"}}};
}

// With one row.
void make_version_table(SqlPool::Lease& lease) {
  if (lease.dialect() == Dialect::kSqlite) {
    lease.execute(
        "CREATE TABLE IF NOT EXISTS pollux_schema (id INTEGER PRIMARY KEY, version INTEGER NOT NULL) STRICT");
    lease.execute("INSERT OR IGNORE INTO pollux_schema VALUES (1, 0)");
  } else {
    lease.execute(R"(CREATE TABLE IF NOT EXISTS pollux_schema (
                       id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL) ENGINE = InnoDB)");
    lease.execute("INSERT IGNORE INTO pollux_schema VALUES (1, 0)");
  }
}

std::int64_t version_of(SqlPool::Lease& lease) {
  return lease.execute("SELECT version FROM pollux_schema WHERE id = 1").rows.at(0).integer(0);
}

void take_steps(SqlPool::Lease& lease, std::span<const Migration> steps) {
  make_version_table(lease);
  const std::int64_t found = version_of(lease);
  if (found > steps.back().version) {
    throw Error(Error::Kind::kOther,
                fmt::format("its tables are of version {}, this program knows {}: a newer one "
                            "has been here",
                            found, steps.back().version));
  }
  for (const Migration& step : steps) {
    if (step.version <= found) continue;
    for (const Sql sql : lease.dialect() == Dialect::kSqlite ? step.sqlite : step.mysql) lease.execute(sql);
    lease.execute("UPDATE pollux_schema SET version = ? WHERE id = 1", {step.version});
    log::info("accounts: the tables are of version {} now", step.version);
  }
}

// MySQL has no transactions around CREATE TABLE. A lock that ends with the connection does as well.
class MigrationLock {
 public:
  explicit MigrationLock(SqlPool::Lease& lease) : lease_(lease) {
    // Its name is good for all of the server, so it holds the name of the database, within 64 characters.
    const auto reply =
        lease_.execute("SELECT CAST(GET_LOCK(CONCAT('pollux.', MD5(DATABASE())), 0.5) AS SIGNED)");
    if (reply.rows.at(0).values().at(0) != sqlpool::Value(std::int64_t{1})) {
      throw Error(Error::Kind::kBusy, "another server makes the tables");
    }
  }
  MigrationLock(const MigrationLock&) = delete;
  MigrationLock& operator=(const MigrationLock&) = delete;
  ~MigrationLock() {
    try {
      lease_.execute("DO RELEASE_LOCK(CONCAT('pollux.', MD5(DATABASE())))");
    } catch (const std::exception& error) {
      // The lock ends with the connection.
      log::debug("accounts: cannot release the lock of the tables: {}", error.what());
    }
  }

 private:
  SqlPool::Lease& lease_;
};

}  // namespace

std::span<const Migration> migrations() {
  static const std::vector<Migration> table = make_migrations();
  return table;
}

void migrate(SqlPool::Lease& lease, std::span<const Migration> steps) {
  if (lease.dialect() == Dialect::kSqlite) {
    sqlpool::Transaction transaction(lease);
    take_steps(lease, steps);
    transaction.commit();
  } else {
    const MigrationLock lock(lease);
    take_steps(lease, steps);
  }
}

}  // namespace pollux::accounts
