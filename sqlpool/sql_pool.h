// A bounded pool of connections to one database, and the lease by which one of them is borrowed.
//
//              connected                          an attempt succeeds: said in the log
//   kUnknown ------------> kUp <------------------------------------------------ kAway
//      |                    |  nothing can be connected to, or an answer timed out: said once   ^
//      +--------------------+-------------------------------------------------------------------+
//
// - kUp: a lease takes an idle connection, or opens one while there are fewer than `size`, or waits until its
//   deadline. A connection that has idled for a while is asked (ping) before it is lent. One that was lost is
//   discarded, and all others are asked before they are lent: the database may have been restarted.
// - kAway: everybody is refused at once, without waiting. When the pause is over, the next caller tries to
//   connect, and is the only one; each failure doubles the pause.
// - kUnknown: before the first attempt. The first caller makes it; the others wait for its outcome.
//
// The database may be absent at start: nothing is connected before the first acquire().
//
// The deadline of acquire() is for the wait for a connection, and for nothing else. Statements have bounds of
// their own, which the driver keeps (connection.h).
//
// Memory: a connection's place in the pool's list is allocated before the connection is opened, and moves
// from list to list. Giving a connection back, and discarding all of them, allocates nothing.
//
// Thread: any. Leases end before the pool does.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "sqlpool/connection.h"

namespace pollux::sqlpool {

struct PoolOptions {
  std::size_t size = 8;               // Maximum number of connections.
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

  // Waits until `deadline` at most; connecting or asking may take the driver's second beyond it. Throws
  // Error: kUnavailable while the database is away, kBusy when all connections were lent all of that time.
  [[nodiscard]] Lease acquire(TimePoint deadline) EXCLUDES(mutex_);

  // Open or being opened: never more than options.size.
  [[nodiscard]] std::size_t connections() const EXCLUDES(mutex_);

 private:
  enum class State { kUnknown, kUp, kAway };

  struct Member {
    std::unique_ptr<Connection> connection;
    TimePoint idle_since;
    bool suspect = false;  // Ask it before it is lent, however short it has idled.
  };
  using Members = std::list<Member>;

  // What acquire() has to do next, without the lock.
  struct Step {
    Members one;  // Empty: open a connection; it is counted already.
    bool ask = false;
    std::uint64_t epoch = 0;
  };

  void add_connections(std::int64_t more) noexcept REQUIRES_LOCK(mutex_);
  Step next_step(TimePoint deadline) EXCLUDES(mutex_);
  Step take_idle(TimePoint now) REQUIRES_LOCK(mutex_);
  [[nodiscard]] bool may_open(TimePoint now) const REQUIRES_LOCK(mutex_);
  Members open(std::uint64_t epoch) EXCLUDES(mutex_);
  void connected() noexcept EXCLUDES(mutex_);
  // true: the database is away now. false: it only has enough of us for the moment.
  [[nodiscard]] bool not_connected(Error::Kind kind, std::string_view reason, std::uint64_t epoch) noexcept
      EXCLUDES(mutex_);
  void give_back(Members one, std::uint64_t epoch) noexcept EXCLUDES(mutex_);
  [[nodiscard]] Members go_away(std::string_view reason) noexcept REQUIRES_LOCK(mutex_);
  [[nodiscard]] Error unavailable(TimePoint now) const REQUIRES_LOCK(mutex_);

  const std::string name_;
  const Connector connector_;
  const PoolOptions options_;
  const Clock clock_;

  mutable Mutex mutex_;
  CondVar changed_;
  State state_ GUARDED_BY(mutex_) = State::kUnknown;
  // How often the database went away. What happens to a connection of an earlier epoch is no news.
  std::uint64_t epoch_ GUARDED_BY(mutex_) = 0;
  Members idle_ GUARDED_BY(mutex_);
  std::size_t total_ GUARDED_BY(mutex_) = 0;    // Idle, lent and being opened.
  std::size_t opening_ GUARDED_BY(mutex_) = 0;  // Of these, being opened.
  milliseconds pause_ GUARDED_BY(mutex_){0};
  TimePoint next_attempt_ GUARDED_BY(mutex_);
  std::string reason_ GUARDED_BY(mutex_);  // Why it is away. Its capacity is reserved at construction.
};

// One connection for as long as this lives; connectionRAII of TinyWebServer.
//
// Thread: one at a time.
class SqlPool::Lease {
 public:
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (one_.empty()) return;
    metrics::change(metrics::Gauge::kSqlLeased, -1);
    pool_->give_back(std::move(one_), epoch_);
  }

  [[nodiscard]] Connection& connection() { return *one_.front().connection; }
  [[nodiscard]] Dialect dialect() const { return one_.front().connection->dialect(); }

  // As Connection::execute.
  Reply execute(Sql sql, std::initializer_list<Value> values = {}) {
    return connection().execute(sql, values);
  }

 private:
  friend class SqlPool;
  Lease(SqlPool& pool, Members one, std::uint64_t epoch) : pool_(&pool), one_(std::move(one)), epoch_(epoch) {
    metrics::count(metrics::Counter::kSqlLeases);
    metrics::change(metrics::Gauge::kSqlLeased, +1);
  }

  SqlPool* pool_;
  Members one_;
  std::uint64_t epoch_;
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
