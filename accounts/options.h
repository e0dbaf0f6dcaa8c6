// Settings of Accounts, with the defaults that a server runs with.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "accounts/argon2.h"
#include "base/attempts.h"
#include "base/clock.h"
#include "sqlpool/address.h"
#include "sqlpool/sql_pool.h"

namespace pollux::accounts {

// How long a call waits, and for what. The deadline of each wait begins with that wait, so no wait pays for
// another one, for a statement, or for CPU time that this process did not get.
//
// Together they bound a visitor's wait: a hash begins within `visitor` or not at all, is never discarded once
// it is made, and only the database's last step (`connection` and the driver's second) comes after it.
struct Waits {
  milliseconds connection{2000};  // For a free connection to the database, each time one is needed.
  milliseconds turn{5000};        // For a turn to hash.
  milliseconds visitor{10000};    // From the beginning of a call to the beginning of its hash.
};

struct Options {
  sqlpool::Address database;
  std::size_t connections = 8;  // To the database, maximum.

  std::chrono::seconds session_lifetime = std::chrono::hours(24 * 30);  // From the log-in on.
  std::chrono::seconds session_idle = std::chrono::hours(24);           // Since it was last used.

  HashParameters hash;
  std::size_t hashings = 0;  // Passwords hashed at a time, each with hash.memory_kib. 0: as many as cores.
  std::size_t max_waiting_to_hash = 64;  // Calls that wait for a turn; one more is refused at once.

  Waits waits;
  AttemptLimits attempts;

  // Replaced in tests.
  std::function<Now()> clock = Now::read;
  HashFunction hash_function = argon2id;
  sqlpool::SqlPool::Connector connector;  // Empty: sqlpool::connect(database).
};

}  // namespace pollux::accounts
