// The tables, and how an older version of them becomes the present one. docs/accounts.md describes them.
//
// The table pollux_schema holds the version. Several servers may start at once on one database: one of them
// migrates, the others wait for it. A database of a newer version is refused, since its rules are not known
// here.
//
// Thread: any, each with its own lease.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sqlpool/sql_pool.h"

namespace pollux::accounts {

// What leads from the version before to this one. MySQL commits every change of a table at once, so a
// migration may end in the middle: there, each statement must bear being run again.
struct Migration {
  std::int64_t version = 0;
  std::vector<sqlpool::Sql> sqlite;
  std::vector<sqlpool::Sql> mysql;
};

[[nodiscard]] std::span<const Migration> migrations();

// Throws sqlpool::Error; kBusy when another server is at it.
void migrate(sqlpool::SqlPool::Lease& lease, std::span<const Migration> steps = migrations());

}  // namespace pollux::accounts
