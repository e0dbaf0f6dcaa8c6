#include "accounts/store.h"

namespace pollux::accounts::store {

namespace {

using sqlpool::Blob;
using sqlpool::Dialect;

std::optional<UserRow> first_user(const sqlpool::Reply& reply) {
  if (reply.rows.empty()) return std::nullopt;
  const sqlpool::Row& row = reply.rows.front();
  return UserRow{row.integer(0), row.text(1), row.text(2)};
}

}  // namespace

std::int64_t insert_user(Lease& lease, const std::string& name, const std::string& key,
                         const std::string& password, std::int64_t now) {
  return lease
      .execute("INSERT INTO pollux_users (name, name_key, password, created) VALUES (?, ?, ?, ?)",
               {name, Blob{key}, password, now})
      .last_id;
}

std::optional<UserRow> find_user(Lease& lease, const std::string& key) {
  return first_user(
      lease.execute("SELECT id, name, password FROM pollux_users WHERE name_key = ?", {Blob{key}}));
}

std::optional<UserRow> find_user(Lease& lease, std::int64_t id) {
  return first_user(lease.execute("SELECT id, name, password FROM pollux_users WHERE id = ?", {id}));
}

bool remove_user(Lease& lease, const std::string& key) {
  return lease.execute("DELETE FROM pollux_users WHERE name_key = ?", {Blob{key}}).affected > 0;
}

bool replace_password(Lease& lease, std::int64_t user_id, const std::string& old_password,
                      const std::string& new_password) {
  return lease
             .execute("UPDATE pollux_users SET password = ? WHERE id = ? AND password = ?",
                      {new_password, user_id, old_password})
             .affected > 0;
}

bool insert_session(Lease& lease, const NewSession& session, std::int64_t user_id) {
  return lease
             .execute(
                 "INSERT INTO pollux_sessions (token, user_id, created, used, expires) "
                 "SELECT ?, id, ?, ?, ? FROM pollux_users WHERE id = ?",
                 {Blob{session.token_hash}, session.now, session.now, session.expires, user_id})
             .affected > 0;
}

bool insert_session(Lease& lease, const NewSession& session, std::int64_t user_id,
                    const std::string& password) {
  return lease
             .execute(
                 "INSERT INTO pollux_sessions (token, user_id, created, used, expires) "
                 "SELECT ?, id, ?, ?, ? FROM pollux_users WHERE id = ? AND password = ?",
                 {Blob{session.token_hash}, session.now, session.now, session.expires, user_id, password})
             .affected > 0;
}

std::optional<SessionRow> find_session(Lease& lease, const std::string& token_hash, const Valid& valid) {
  const auto reply = lease.execute(
      "SELECT u.id, u.name, s.created, s.used, s.expires FROM pollux_sessions s "
      "JOIN pollux_users u ON u.id = s.user_id WHERE s.token = ? AND s.expires > ? AND s.used > ?",
      {Blob{token_hash}, valid.now, valid.idle_since});
  if (reply.rows.empty()) return std::nullopt;
  const sqlpool::Row& row = reply.rows.front();
  return SessionRow{row.integer(0), row.text(1), row.integer(2), row.integer(3), row.integer(4)};
}

void touch_session(Lease& lease, const std::string& token_hash, std::int64_t now) {
  lease.execute("UPDATE pollux_sessions SET used = ? WHERE token = ? AND used < ?",
                {now, Blob{token_hash}, now});
}

void delete_session(Lease& lease, const std::string& token_hash) {
  lease.execute("DELETE FROM pollux_sessions WHERE token = ?", {Blob{token_hash}});
}

void delete_sessions_of(Lease& lease, std::int64_t user_id) {
  lease.execute("DELETE FROM pollux_sessions WHERE user_id = ?", {user_id});
}

void delete_other_sessions(Lease& lease, std::int64_t user_id, const std::string& token_hash) {
  lease.execute("DELETE FROM pollux_sessions WHERE user_id = ? AND token <> ?", {user_id, Blob{token_hash}});
}

std::int64_t count_sessions(Lease& lease, std::int64_t user_id, const Valid& valid) {
  return lease
      .execute("SELECT COUNT(*) FROM pollux_sessions WHERE user_id = ? AND expires > ? AND used > ?",
               {user_id, valid.now, valid.idle_since})
      .rows.at(0)
      .integer(0);
}

// In two statements, so that each has its index. Bounded, so that nobody waits long for the locks.
void purge_sessions(Lease& lease, const Valid& valid) {
  if (lease.dialect() == Dialect::kSqlite) {
    lease.execute(
        "DELETE FROM pollux_sessions WHERE token IN "
        "(SELECT token FROM pollux_sessions WHERE expires <= ? LIMIT 500)",
        {valid.now});
    lease.execute(
        "DELETE FROM pollux_sessions WHERE token IN (SELECT token FROM pollux_sessions WHERE used <= ? LIMIT "
        "500)",
        {valid.idle_since});
  } else {
    lease.execute("DELETE FROM pollux_sessions WHERE expires <= ? LIMIT 500", {valid.now});
    lease.execute("DELETE FROM pollux_sessions WHERE used <= ? LIMIT 500", {valid.idle_since});
  }
}

}  // namespace pollux::accounts::store
