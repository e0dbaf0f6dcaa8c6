// A bounded pool of connections to one database, and the lease by which one of them is borrowed.
//
//              connected                          an attempt succeeds: said in the log
//   kUnknown ------------> kUp <------------------------------------------------ kAway
//      |                    |  nothing can be connected to, or an answer timed out: said once   ^
//      +--------------------+-------------------------------------------------------------------+
//
// - kUp: a lease takes an idle connection, or opens one while there are fewer than `size`, or waits until its
// deadline.
//   A connection that has idled for a while is asked (ping) before it is lent. One that was lost is
//   discarded, and all others are asked before they are lent: it may have been a restart.
// - kAway: everybody is refused at once, without waiting. When the pause is over, the next caller tries to
//   connect, and is the only one; each failure doubles the pause.
// - kUnknown: before the first attempt. That is the first caller's; the others wait for its outcome.
//
// The database may be absent at start: nothing is connected before the first acquire().
//
// Thread: any. Leases end before the pool does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "sqlpool/connection.h"

namespace pollux::sqlpool {

struct PoolOptions {
  std::size_t size = 8;               // Connections at most.
  milliseconds ask_after_idle{1000};  // Before a connection is lent again.
  milliseconds first_pause{100};      // After a failed attempt to connect; doubled by each further one.
  milliseconds longest_pause{3000};
};

class SqlPool {
 public:
  using Connector = std::function<std::unique_ptr<Connection>()>;  // Throws Error.
  using Clock = std::function<TimePoint()>;
  class Lease;

  // `name` is what the log calls the database. REQUIRES: options.size > 0.
  SqlPool(std::string name, Connector connector, const PoolOptions& options,
          Clock clock = std::chrono::steady_clock::now);
  SqlPool(const SqlPool&) = delete;
  SqlPool& operator=(const SqlPool&) = delete;
  ~SqlPool();

  // Waits until `deadline` at most; connecting or asking may take the driver's second beyond. Throws Error:
  // kUnavailable while the database is away, kBusy when all connections were lent for all of the time.
  [[nodiscard]] Lease acquire(TimePoint deadline) EXCLUDES(mutex_);

  // Open or being opened: never more than options.size.
  [[nodiscard]] std::size_t connections() const EXCLUDES(mutex_);

 private:
  enum class State { kUnknown, kUp, kAway };
  using Connections = std::vector<std::unique_ptr<Connection>>;

  struct Idle {
    std::unique_ptr<Connection> connection;
    TimePoint since;
    bool suspect = false;  // To be asked however short it has idled.
  };

  // What acquire() has to do next, without the lock.
  struct Step {
    std::unique_ptr<Connection> connection;  // Null: open one; its place is taken.
    bool ask = false;
    std::uint64_t epoch = 0;
  };

  void add_connections(std::int64_t more) REQUIRES_LOCK(mutex_);
  Step next_step(TimePoint deadline) EXCLUDES(mutex_);
  Step take_idle(TimePoint now) REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool may_open(TimePoint now) const REQUIRES_LOCK(mutex_);
  std::unique_ptr<Connection> open(std::uint64_t epoch) EXCLUDES(mutex_);
  void connected() EXCLUDES(mutex_);
  [[nodiscard]] Error not_connected(const Error& error, std::uint64_t epoch) EXCLUDES(mutex_);
  void give_back(std::unique_ptr<Connection> connection, std::uint64_t epoch) noexcept EXCLUDES(mutex_);
  Connections go_away(const std::string& reason) REQUIRES_LOCK(mutex_);
  [[nodiscard]] Error unavailable(TimePoint now) const REQUIRES_LOCK(mutex_);

  const std::string name_;
  const Connector connector_;
  const PoolOptions options_;
  const Clock clock_;

  mutable Mutex mutex_;
  CondVar changed_;
  State state_ GUARDED_BY(mutex_) = State::kUnknown;
  // Counts how often the database went away: what happened to a connection of an earlier epoch is no news.
  std::uint64_t epoch_ GUARDED_BY(mutex_) = 0;
  std::vector<Idle> idle_ GUARDED_BY(mutex_);
  std::size_t total_ GUARDED_BY(mutex_) = 0;    // Idle, lent and being opened.
  std::size_t opening_ GUARDED_BY(mutex_) = 0;  // Of these, being opened.
  milliseconds pause_ GUARDED_BY(mutex_){0};
  TimePoint next_attempt_ GUARDED_BY(mutex_);
  std::string reason_ GUARDED_BY(mutex_);  // Why it is away.
};

// One connection for as long as this lives; connectionRAII of TinyWebServer.
//
// Thread: one at a time.
class SqlPool::Lease {
 public:
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (connection_ == nullptr) return;
    metrics::change(metrics::Gauge::kSqlLeased, -1);
    pool_->give_back(std::move(connection_), epoch_);
  }

  [[nodiscard]] Dialect dialect() const { return connection_->dialect(); }

  // Connection::execute, but nothing is begun after the deadline of the lease (kBusy): many statements, each
  // in time, could take long together.
  Reply execute(Sql sql, std::initializer_list<Value> values = {});

  // For what has to be done even after the deadline: to undo.
  [[nodiscard]] Connection& connection() { return *connection_; }

 private:
  friend class SqlPool;
  friend class Transaction;
  Lease(SqlPool& pool, std::unique_ptr<Connection> connection, std::uint64_t epoch, TimePoint deadline)
      : pool_(&pool), connection_(std::move(connection)), epoch_(epoch), deadline_(deadline) {
    metrics::count(metrics::Counter::kSqlLeases);
    metrics::change(metrics::Gauge::kSqlLeased, +1);
  }

  void check_deadline() const;

  SqlPool* pool_;
  std::unique_ptr<Connection> connection_;
  std::uint64_t epoch_;
  TimePoint deadline_;
};

// All or nothing: what is not committed is rolled back by the destructor.
class Transaction {
 public:
  explicit Transaction(SqlPool::Lease& lease);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  // Throws Error. After kUnavailable nobody knows whether it was committed.
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

}  // namespace pollux::sqlpool
