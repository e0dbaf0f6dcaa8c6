#include "accounts/sessions.h"

#include <optional>

#include "accounts/token.h"
#include "log/logger.h"

namespace pollux::accounts {

namespace {

using sqlpool::Error;
using std::chrono::seconds;
using store::Lease;

constexpr seconds kTouchEvery(60);
constexpr seconds kPurgeEvery(60);

WallTime wall_time(std::int64_t unix_seconds) { return WallTime(seconds(unix_seconds)); }

// Not worth failing a request, nor is a purge.
void touch(Lease& lease, const std::string& hash, std::int64_t now) {
  try {
    store::touch_session(lease, hash, now);
  } catch (const Error& error) {
    log::debug("accounts: cannot note that a session is in use: {}", error.what());
  }
}

}  // namespace

Sessions::Sessions(Database& database, const Options& options)
    : database_(database),
      clock_(options.clock),
      lifetime_(options.session_lifetime),
      idle_(options.session_idle) {}

UserResult Sessions::open(const User& user, const std::string* password_hash) {
  UserResult result{with_outcome(Outcome::kOk), user, new_token()};
  const std::int64_t opened_at = now();
  const store::NewSession session{token_hash(result.token).value_or(std::string()), opened_at,
                                  opened_at + lifetime_.count()};
  bool opened = false;
  const Result asked = database_.use([&](Lease& lease) {
    opened = password_hash != nullptr ? store::insert_session(lease, session, user.id, *password_hash)
                                      : store::insert_session(lease, session, user.id);
    if (opened) purge_now_and_then(lease, opened_at);
  });
  if (!asked.ok()) return {asked, {}, {}};
  if (!opened) return {with_outcome(Outcome::kWrong), {}, {}};
  return result;
}

SessionResult Sessions::find(std::string_view token) {
  const auto hash = token_hash(token);
  if (!hash) return {with_outcome(Outcome::kNoSession), {}, {}, {}};
  const std::int64_t asked_at = now();
  std::optional<store::SessionRow> row;
  const Result asked = database_.use([&](Lease& lease) {
    row = store::find_session(lease, *hash, valid_at(asked_at));
    if (row && asked_at - row->used >= kTouchEvery.count()) touch(lease, *hash, asked_at);
  });
  if (!asked.ok()) return {asked, {}, {}, {}};
  if (!row) return {with_outcome(Outcome::kNoSession), {}, {}, {}};
  return {asked, {row->user_id, row->user_name}, wall_time(row->created), wall_time(row->expires)};
}

Result Sessions::end(std::string_view token) {
  const auto hash = token_hash(token);
  if (!hash) return with_outcome(Outcome::kOk);
  return database_.use([&](Lease& lease) { store::delete_session(lease, *hash); });
}

Result Sessions::end_all_of(std::string_view token) {
  const SessionResult session = find(token);
  if (!session.ok()) return session.alone();
  return database_.use([&](Lease& lease) { store::delete_sessions_of(lease, session.user.id); });
}

CountResult Sessions::count_of(const User& user) {
  CountResult result;
  static_cast<Result&>(result) = database_.use([&](Lease& lease) {
    result.count = static_cast<std::size_t>(store::count_sessions(lease, user.id, valid_at(now())));
  });
  return result;
}

std::int64_t Sessions::now() const {
  return std::chrono::duration_cast<seconds>(clock_().wall.time_since_epoch()).count();
}

store::Valid Sessions::valid_at(std::int64_t now) const { return {now, now - idle_.count()}; }

void Sessions::purge_now_and_then(Lease& lease, std::int64_t now) {
  std::int64_t due = next_purge_.load(std::memory_order_relaxed);
  if (now < due || !next_purge_.compare_exchange_strong(due, now + kPurgeEvery.count())) return;
  try {
    store::purge_sessions(lease, valid_at(now));
  } catch (const Error& error) {
    log::debug("accounts: cannot delete expired sessions: {}", error.what());
  }
}

}  // namespace pollux::accounts
