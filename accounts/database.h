// The database behind accounts: a lease of the pool for each piece of work, with tables of our version in it.
//
// Thread: any, several at once.
#pragma once

#include <atomic>
#include <functional>

#include "accounts/options.h"
#include "accounts/result.h"
#include "accounts/store.h"
#include "log/throttle.h"
#include "sqlpool/sql_pool.h"

namespace pollux::accounts {

class Database {
 public:
  using Work = std::function<void(store::Lease&)>;

  // Does not connect yet.
  explicit Database(const Options& options);

  // Calls `work` with a lease, and again where others were in the way; so `work` must not have done anything
  // that cannot be done twice when it throws. (A transaction has not.) kOk, or kUnavailable: the log says
  // why.
  //
  // Waits for a connection as long as Waits says. The driver bounds what the statements wait for.
  [[nodiscard]] Result use(const Work& work);

 private:
  void complain(const sqlpool::Error& error);

  const milliseconds wait_;
  const std::function<Now()> clock_;
  sqlpool::SqlPool pool_;
  log::Throttle complaints_{1};
  std::atomic<bool> tables_are_there_{false};  // Relaxed: what the tables hold is ordered by the database.
};

}  // namespace pollux::accounts
