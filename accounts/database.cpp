#include "accounts/database.h"

#include "accounts/schema.h"
#include "sqlpool/driver.h"

namespace pollux::accounts {

namespace {

using sqlpool::Error;
using sqlpool::SqlPool;

constexpr int kMaxAttempts = 4;  // At what others have locked.

SqlPool::Connector connector(const Options& options) {
  if (options.connector) return options.connector;
  return [address = options.database] { return sqlpool::connect(address); };
}

sqlpool::PoolOptions pool_options(const Options& options) {
  sqlpool::PoolOptions pool{.size = options.connections};
  // Asking SQLite costs microseconds, and what it wrote to files that are gone would be lost.
  if (options.database.driver == sqlpool::Address::Driver::kSqlite) pool.ask_after_idle = milliseconds(0);
  return pool;
}

}  // namespace

Database::Database(const Options& options)
    : wait_(options.waits.connection),
      clock_(options.clock),
      pool_(options.database.text(), connector(options), pool_options(options),
            [clock = options.clock] { return clock().steady; }) {}

Result Database::use(const Work& work) {
  const TimePoint deadline = clock_().steady + wait_;
  for (int attempt = 1;; ++attempt) {
    try {
      store::Lease lease = pool_.acquire(deadline);
      if (!tables_are_there_.load(std::memory_order_relaxed)) {
        migrate(lease);
        tables_are_there_.store(true, std::memory_order_relaxed);
      }
      work(lease);
      return with_outcome(Outcome::kOk);
    } catch (const Error& error) {
      const bool in_time = clock_().steady < deadline;
      if (error.kind() == Error::Kind::kBusy && attempt < kMaxAttempts && in_time) continue;
      complain(error);
      return with_retry(Outcome::kUnavailable, error.retry_after());
    }
  }
}

void Database::complain(const Error& error) {
  if (error.retry_after() != milliseconds(0)) return;  // The pool has told already.
  complaints_.log(log::Level::kWarn, "accounts: {}", error.what());
  // Perhaps somebody has emptied the database.
  if (error.kind() == Error::Kind::kOther) tables_are_there_.store(false, std::memory_order_relaxed);
}

}  // namespace pollux::accounts
