// Users and sessions as rows: every statement of accounts/ is here, and nothing but statements.
//
// Each function is one statement, so it happens wholly or not at all. Times are seconds since 1970. All
// throw sqlpool::Error.
//
// Thread: any, each with its own lease.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sqlpool/sql_pool.h"

namespace pollux::accounts::store {

using sqlpool::SqlPool;
using Lease = SqlPool::Lease;

struct UserRow {
  std::int64_t id = 0;
  std::string name;
  std::string password;  // Argon2, encoded.
};

struct SessionRow {
  std::int64_t user_id = 0;
  std::string user_name;
  std::int64_t created = 0;
  std::int64_t used = 0;
  std::int64_t expires = 0;
};

// A session as it is made.
struct NewSession {
  std::string token_hash;
  std::int64_t now = 0;
  std::int64_t expires = 0;
};

// Sessions count that expire after `now` and were used after `idle_since`.
struct Valid {
  std::int64_t now = 0;
  std::int64_t idle_since = 0;
};

// Returns the id. Throws kConstraint: there is such a key.
[[nodiscard]] std::int64_t insert_user(Lease& lease, const std::string& name, const std::string& key,
                                       const std::string& password, std::int64_t now);
[[nodiscard]] std::optional<UserRow> find_user(Lease& lease, const std::string& key);
[[nodiscard]] std::optional<UserRow> find_user(Lease& lease, std::int64_t id);
[[nodiscard]] bool remove_user(Lease& lease, const std::string& key);  // With all sessions.

// false: it is not `old_password` any more.
[[nodiscard]] bool replace_password(Lease& lease, std::int64_t user_id, const std::string& old_password,
                                    const std::string& new_password);

// false: there is no such user (any more), or their password is not that one (any more).
[[nodiscard]] bool insert_session(Lease& lease, const NewSession& session, std::int64_t user_id);
[[nodiscard]] bool insert_session(Lease& lease, const NewSession& session, std::int64_t user_id,
                                  const std::string& password);

[[nodiscard]] std::optional<SessionRow> find_session(Lease& lease, const std::string& token_hash,
                                                     const Valid& valid);
void touch_session(Lease& lease, const std::string& token_hash, std::int64_t now);
void delete_session(Lease& lease, const std::string& token_hash);
void delete_sessions_of(Lease& lease, std::int64_t user_id);
void delete_other_sessions(Lease& lease, std::int64_t user_id, const std::string& token_hash);
[[nodiscard]] std::int64_t count_sessions(Lease& lease, std::int64_t user_id, const Valid& valid);

// Some of those that are not valid any more.
void purge_sessions(Lease& lease, const Valid& valid);

}  // namespace pollux::accounts::store
