// One connection to a database, and the values that go through it: the interface of the two drivers.
//
// There are prepared statements only. Their text is known when the program is compiled (see Sql), so that
// user input cannot become part of it: input is passed beside it, as values. Each connection prepares a text
// once and keeps it.
//
// The driver bounds what every call waits for to about a second: a network driver the wait for an answer, the
// embedded one the wait for a lock that others hold. CPU time that this process does not get is no such wait.
//
// Thread: one at a time; a lease of the pool sees to it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sqlpool/error.h"

namespace pollux::sqlpool {

// The text of a statement, with ? for values. It can only be made of a literal.
class Sql {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is a statement.
  consteval Sql(const char* text) : text_(text) {}

  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

struct Blob {
  std::string octets;
  bool operator==(const Blob&) const = default;
};

// NULL, a 64-bit integer, UTF-8 text, or octets.
using Value = std::variant<std::monostate, std::int64_t, std::string, Blob>;

class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}

  // Of a column of that type, or Error::Kind::kOther is thrown.
  [[nodiscard]] std::int64_t integer(std::size_t column) const { return get<std::int64_t>(column); }
  [[nodiscard]] const std::string& text(std::size_t column) const { return get<std::string>(column); }
  [[nodiscard]] const std::string& blob(std::size_t column) const { return get<Blob>(column).octets; }
  [[nodiscard]] const std::vector<Value>& values() const { return values_; }

 private:
  template <typename T>
  const T& get(std::size_t column) const {
    const T* value = column < values_.size() ? std::get_if<T>(&values_[column]) : nullptr;
    if (value == nullptr) throw Error(Error::Kind::kOther, "a column is not of the type it should have");
    return *value;
  }

  std::vector<Value> values_;
};

struct Reply {
  std::vector<Row> rows;
  std::uint64_t affected = 0;  // Rows inserted, deleted, or found by an UPDATE, changed or not.
  std::int64_t last_id = 0;    // Of an INSERT into a table with an automatic key.
};

enum class Dialect { kSqlite, kMysql };

class Connection {
 public:
  enum class Health {
    kGood,
    kLost,      // It was closed on us. The database may well be there.
    kTimedOut,  // The database did not answer in time.
  };

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  [[nodiscard]] virtual Dialect dialect() const = 0;

  // All rows at once: a statement that may find many of them has a LIMIT. Throws Error.
  Reply execute(Sql sql, std::initializer_list<Value> values = {}) {
    return run(sql, {values.begin(), values.size()});
  }
  virtual Reply run(Sql sql, std::span<const Value> values) = 0;

  // A transaction that may write. Throw Error. Transaction (sql_pool.h) pairs them.
  virtual void begin() = 0;
  virtual void commit() = 0;
  virtual void rollback() noexcept = 0;

  // Asks the database whether it is there; false: health() is not kGood any more.
  [[nodiscard]] virtual bool ping() noexcept = 0;
  [[nodiscard]] virtual Health health() const = 0;
};

}  // namespace pollux::sqlpool
