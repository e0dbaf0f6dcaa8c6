// A connection to an SQLite file (https://www.sqlite.org/c3ref/intro.html): the database that needs no
// server.
//
// The file is made with mode 0600, which its -wal and -shm take over. Write-ahead logging, so that readers do
// not wait for the writer; synchronous=FULL, because in that mode NORMAL may forget the last commits
// when the power goes, and a registration that was acknowledged must not be forgotten.
//
// A commit is reported as done when it is in files that are there under their names (sqlite_files.h).
//
// A statement that finds the file locked waits for a second in all, then fails with kBusy. SQLite counts the
// pauses it makes, not the time on the clock: a process that gets no CPU has not waited for a lock.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>

#include "sqlpool/address.h"
#include "sqlpool/connection.h"
#include "sqlpool/sqlite_files.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pollux::sqlpool {

class SqliteConnection final : public Connection {
 public:
  explicit SqliteConnection(const Address& address);

  [[nodiscard]] Dialect dialect() const override { return Dialect::kSqlite; }
  Reply run(Sql sql, std::span<const Value> values) override;
  void begin() override;
  void commit() override;
  void rollback() noexcept override;
  [[nodiscard]] bool ping() noexcept override;
  [[nodiscard]] Health health() const override { return health_; }

 private:
  struct CloseDatabase {
    void operator()(sqlite3* database) const;
  };
  struct CloseStatement {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, CloseStatement>;

  static int on_commit(void* self, sqlite3* database, const char* name, int frames);  // sqlite3_wal_hook()

  void log_ahead();
  void save(int frames) noexcept;
  void look(int frames) noexcept;
  void checkpoint() noexcept;
  void lose() noexcept;
  sqlite3_stmt* prepared(std::string_view text);
  Reply step_through(sqlite3_stmt* statement, std::span<const Value> values);

  std::unique_ptr<sqlite3, CloseDatabase> database_;
  std::unordered_map<std::string_view, Statement> statements_;  // By text, which is a literal.
  std::optional<SqliteFiles> files_;                            // Once they are open.
  Health health_ = Health::kGood;
};

}  // namespace pollux::sqlpool
