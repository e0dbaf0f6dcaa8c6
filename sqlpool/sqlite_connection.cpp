#include "sqlpool/sqlite_connection.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "log/logger.h"

namespace pollux::sqlpool {

namespace {

constexpr std::chrono::milliseconds kBusyTimeout(1000);
constexpr std::chrono::milliseconds kBusyPause(2);
constexpr int kMaxFrames = 1000;  // Of the log, until it is moved into the database; SQLite's own default.
constexpr const char* kFilesGone = "its files were deleted, replaced, cut or overwritten";

Error::Kind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return Error::Kind::kConstraint;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Error::Kind::kBusy;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return Error::Kind::kUnavailable;
    default: return Error::Kind::kOther;
  }
}

[[noreturn]] void fail(sqlite3* database, int code) {
  throw Error(kind_of(code), database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code));
}

void check(sqlite3* database, int code) {
  if (code != SQLITE_OK) fail(database, code);
}

// SQLite would make it with mode 0644. And it must not be opened here: closing a descriptor of a file drops
// all locks that this process has on it (fcntl(2)), those of other connections, too. Another process would
// believe to be the last one then, and delete the log of ours.
void make_private_file(const std::string& path) {
  namespace fs = std::filesystem;
  constexpr int kMaxLinks = 40;  // As Linux.
  std::error_code none;
  fs::path target = path;
  for (int i = 0; i < kMaxLinks && fs::is_symlink(target, none); ++i) {
    target = target.parent_path() / fs::read_symlink(target, none);
  }
  const bool there = ::mknod(target.c_str(), S_IFREG | 0600, 0) == 0 || errno == EEXIST;
  if (!there || ::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0) {
    throw Error(Error::Kind::kUnavailable, fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  }
}

struct Bind {
  sqlite3_stmt* statement;
  int index;

  // The values outlive the step, so SQLite need not copy them.
  int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t number) const { return sqlite3_bind_int64(statement, index, number); }
  int operator()(const std::string& text) const {
    return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  int operator()(const Blob& blob) const {
    return sqlite3_bind_blob64(statement, index, blob.octets.data(), blob.octets.size(), SQLITE_STATIC);
  }
};

Value column(sqlite3_stmt* statement, int index) {
  const auto octets = [&](const void* data) {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
    return size == 0 ? std::string() : std::string(static_cast<const char*>(data), size);
  };
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, index)};
    case SQLITE_TEXT: return octets(sqlite3_column_text(statement, index));
    case SQLITE_BLOB: return Blob{octets(sqlite3_column_blob(statement, index))};
    default: return std::monostate();
  }
}

// Whatever happens, the statement is left ready for the next use and without a pointer to the values.
class Use {
 public:
  explicit Use(sqlite3_stmt* statement) : statement_(statement) {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

void SqliteConnection::CloseDatabase::operator()(sqlite3* database) const { sqlite3_close_v2(database); }
void SqliteConnection::CloseStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteConnection::SqliteConnection(const Address& address) {
  make_private_file(address.path);
  sqlite3* opened = nullptr;
  // No mutex of its own: one thread at a time is our rule already.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(address.path.c_str(), &opened, flags, nullptr);
  database_.reset(opened);
  check(opened, code);
  log_ahead();
  check(opened, sqlite3_busy_timeout(opened, static_cast<int>(kBusyTimeout.count())));
  for (const Sql pragma : {Sql("PRAGMA synchronous = FULL"), Sql("PRAGMA foreign_keys = ON"),
                           Sql("PRAGMA trusted_schema = OFF")}) {
    execute(pragma);
  }
  execute("SELECT COUNT(*) FROM sqlite_schema");  // Opens the log.
  files_.emplace(*opened);
  sqlite3_wal_hook(opened, &SqliteConnection::on_commit, this);
}

// This needs the file for a moment alone. SQLite does not wait where two could wait for each other
// (https://www.sqlite.org/c3ref/busy_handler.html), so of many who open a file at once some would fail. So
// all waiting is done here, before SQLite is told how long to wait.
void SqliteConnection::log_ahead() {
  for (std::chrono::milliseconds waited(0);; waited += kBusyPause) {
    try {
      execute("PRAGMA journal_mode = WAL");
      return;
    } catch (const Error& error) {
      if (error.kind() != Error::Kind::kBusy || waited >= kBusyTimeout) throw;
    }
    std::this_thread::sleep_for(kBusyPause);
  }
}

sqlite3_stmt* SqliteConnection::prepared(std::string_view text) {
  const auto found = statements_.find(text);
  if (found != statements_.end()) return found->second.get();
  sqlite3_stmt* statement = nullptr;
  check(database_.get(), sqlite3_prepare_v3(database_.get(), text.data(), static_cast<int>(text.size()),
                                            SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  statements_.emplace(text, Statement(statement));
  return statement;
}

Reply SqliteConnection::run(Sql sql, std::span<const Value> values) {
  try {
    return step_through(prepared(sql.text()), values);
  } catch (const Error& error) {
    if (error.kind() == Error::Kind::kUnavailable) lose();
    throw;
  }
}

Reply SqliteConnection::step_through(sqlite3_stmt* statement, std::span<const Value> values) {
  if (sqlite3_bind_parameter_count(statement) != static_cast<int>(values.size())) {
    throw Error(Error::Kind::kOther, "a statement has more or fewer ? than values");
  }
  const Use use(statement);
  int index = 0;
  for (const Value& value : values) check(database_.get(), std::visit(Bind{statement, ++index}, value));

  Reply reply;
  const std::int64_t before = sqlite3_total_changes64(database_.get());
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
    std::vector<Value> row;
    const int columns = sqlite3_column_count(statement);
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) row.push_back(column(statement, i));
    reply.rows.emplace_back(std::move(row));
  }
  if (code != SQLITE_DONE) fail(database_.get(), code);
  if (health_ == Health::kLost) throw Error(Error::Kind::kUnavailable, kFilesGone);
  // sqlite3_changes() does not count what a cascade does, but keeps its value over a SELECT.
  if (sqlite3_total_changes64(database_.get()) != before) {
    reply.affected = static_cast<std::uint64_t>(sqlite3_changes64(database_.get()));
  }
  reply.last_id = sqlite3_last_insert_rowid(database_.get());
  return reply;
}

// IMMEDIATE takes the lock for writing now. Otherwise two transactions that have read could both want to
// write, and one had to fail however long it waits.
void SqliteConnection::begin() { execute("BEGIN IMMEDIATE"); }

void SqliteConnection::commit() { execute("COMMIT"); }

void SqliteConnection::rollback() noexcept {
  try {
    // Some errors have rolled back already.
    if (sqlite3_get_autocommit(database_.get()) == 0) execute("ROLLBACK");
  } catch (const std::exception&) {
    health_ = Health::kLost;
  }
}

int SqliteConnection::on_commit(void* self, sqlite3* /*database*/, const char* /*name*/, int frames) {
  static_cast<SqliteConnection*>(self)->save(frames);
  return SQLITE_OK;  // step_through() looks at health().
}

// SQLite leaves it to this hook to move the log into the database. What is broken must not get there.
void SqliteConnection::save(int frames) noexcept {
  look(frames);
  if (health_ == Health::kGood && frames >= kMaxFrames) checkpoint();
}

void SqliteConnection::look(int frames) noexcept {
  const SqliteFiles::State state = files_->look(frames);
  if (state == SqliteFiles::State::kWhole) return;
  log::warn("the database {}: {}; they are opened anew", sqlite3_db_filename(database_.get(), "main"),
            kFilesGone);
  // A log that only has lost its name is saved, for it goes with the last connection to it.
  if (state == SqliteFiles::State::kLogMoved) checkpoint();
  lose();
}

void SqliteConnection::checkpoint() noexcept {
  (void)sqlite3_wal_checkpoint_v2(database_.get(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

// Nor may a log that is broken get into the database when the last connection is closed.
void SqliteConnection::lose() noexcept {
  health_ = Health::kLost;
  (void)sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

bool SqliteConnection::ping() noexcept {
  look(1);
  return health_ == Health::kGood;
}

}  // namespace pollux::sqlpool
