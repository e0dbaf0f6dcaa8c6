#include "accounts/accounts.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <thread>
#include <utility>

#include "accounts/schema.h"
#include "accounts/store.h"
#include "accounts/token.h"
#include "log/throttle.h"
#include "sqlpool/driver.h"
#include "sqlpool/sql_pool.h"

namespace pollux::accounts {

namespace {

using sqlpool::Error;
using sqlpool::SqlPool;
using std::chrono::seconds;
using store::Lease;

constexpr seconds kTouchEvery(60);
constexpr seconds kPurgeEvery(60);
constexpr seconds kRetrySoon(1);
constexpr int kAttempts = 4;  // At what others have locked.

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::duration_cast<seconds>(time.time_since_epoch()).count();
}

WallTime wall_time(std::int64_t unix_seconds) { return WallTime(seconds(unix_seconds)); }

seconds at_least_one(milliseconds wait) { return std::max(seconds(1), std::chrono::ceil<seconds>(wait)); }

// By what attempts of a client are counted: its IPv4 address, or the /64 of its IPv6 address, the smallest
// network a customer is given.
std::string address_key(std::string_view address) {
  std::string text(address);
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  if (::inet_pton(AF_INET6, text.c_str(), octets.data()) != 1) return text;
  const auto* in6 = reinterpret_cast<const in6_addr*>(octets.data());
  if (IN6_IS_ADDR_V4MAPPED(in6)) return text.substr(text.rfind(':') + 1);
  return {reinterpret_cast<const char*>(octets.data()), octets.size() / 2};
}

// Without the user or the session that came with it.
Result only_result(const Result& result) { return result; }

template <typename Answer>
Answer with_outcome(Outcome outcome) {
  Answer answer;
  answer.outcome = outcome;
  return answer;
}

template <typename Answer>
Answer unavailable(milliseconds retry_after) {
  Answer answer;
  answer.retry_after = at_least_one(retry_after);
  return answer;
}

}  // namespace

class Accounts::Impl {
 public:
  explicit Impl(Options options)
      : options_(std::move(options)),
        pool_(
            options_.database.text(), [address = options_.database] { return sqlpool::connect(address); },
            sqlpool::PoolOptions{.size = options_.connections}),
        hasher_(options_.hash, options_.hashings != 0 ? options_.hashings
                                                      : std::max(1U, std::thread::hardware_concurrency())),
        name_failures_(options_.failures_per_name),
        address_failures_(options_.failures_per_address),
        registrations_(options_.registrations_per_address) {}

  void prepare() {
    (void)with_database<Result>(deadline(), [](Lease&) { return with_outcome<Result>(Outcome::kOk); });
  }

  UserResult register_user(std::string_view name, std::string_view password, std::string_view address) {
    UserResult result;
    result.name_problem = check_name(name);
    result.password_problem = check_password(password);
    if (result.name_problem != NameProblem::kNone || result.password_problem != PasswordProblem::kNone) {
      const bool name_is_bad = result.name_problem != NameProblem::kNone;
      result.outcome = name_is_bad ? Outcome::kBadName : Outcome::kBadPassword;
      return result;
    }
    const TimePoint now = options_.clock().steady;
    const std::string client = address_key(address);
    const milliseconds wait = client.empty() ? milliseconds(0) : registrations_.wait(client, now);
    if (wait != milliseconds(0)) return throttled<UserResult>(wait);
    result = create_user(std::string(name), password);
    if (!client.empty() && result.outcome != Outcome::kUnavailable) registrations_.charge(client, now);
    return result;
  }

  UserResult log_in(std::string_view name, std::string_view password, std::string_view address) {
    const TimePoint until = deadline();
    const bool name_is_good = check_name(name) == NameProblem::kNone;
    const std::string key = name_is_good ? name_key(name) : std::string();
    const Attempt attempt{key, address_key(address), options_.clock().steady};
    if (const milliseconds wait = wait_before(attempt); wait != milliseconds(0)) {
      return throttled<UserResult>(wait);
    }
    if (!name_is_good || check_password(password) != PasswordProblem::kNone)
      return wrong<UserResult>(attempt);
    std::optional<store::UserRow> user;
    const Result found = find_user(key, until, user);
    if (!found.ok()) return {found, {}, {}};
    // Who does not exist takes as long as who does.
    switch (user ? hasher_.verify(user->password, password, until) : hasher_.verify_nobody(password, until)) {
      case Hasher::Verdict::kNoTurn: return unavailable<UserResult>(kRetrySoon);
      case Hasher::Verdict::kWrong: return wrong<UserResult>(attempt);
      case Hasher::Verdict::kRight: break;
    }
    if (hasher_.outdated(user->password)) hash_again(*user, password, until);
    return open_session({user->id, user->name}, &user->password, until);
  }

  UserResult start_session(const User& user) { return open_session(user, nullptr, deadline()); }

  SessionResult find_session(std::string_view token) {
    const auto hash = token_hash(token);
    if (!hash) return with_outcome<SessionResult>(Outcome::kNoSession);
    const std::int64_t now = unix_seconds(options_.clock().wall);
    return with_database<SessionResult>(deadline(), [&](Lease& lease) {
      const auto row = store::find_session(lease, *hash, valid_at(now));
      if (!row) return with_outcome<SessionResult>(Outcome::kNoSession);
      if (now - row->used >= kTouchEvery.count()) touch(lease, *hash, now);
      auto result = with_outcome<SessionResult>(Outcome::kOk);
      result.user = {row->user_id, row->user_name};
      result.created = wall_time(row->created);
      result.expires = wall_time(row->expires);
      return result;
    });
  }

  Result log_out(std::string_view token) {
    const auto hash = token_hash(token);
    if (!hash) return with_outcome<Result>(Outcome::kOk);
    return with_database<Result>(deadline(), [&](Lease& lease) {
      store::delete_session(lease, *hash);
      return with_outcome<Result>(Outcome::kOk);
    });
  }

  Result log_out_everywhere(std::string_view token) {
    const SessionResult session = find_session(token);
    if (!session.ok()) return only_result(session);
    return with_database<Result>(deadline(), [&](Lease& lease) {
      store::delete_sessions_of(lease, session.user.id);
      return with_outcome<Result>(Outcome::kOk);
    });
  }

  Result change_password(std::string_view token, std::string_view old_password, std::string_view new_password,
                         std::string_view address) {
    const TimePoint until = deadline();
    const SessionResult session = find_session(token);
    if (!session.ok()) return only_result(session);
    auto result = with_outcome<Result>(Outcome::kBadPassword);
    result.password_problem = check_password(new_password);
    if (result.password_problem != PasswordProblem::kNone) return result;

    const std::string key = name_key(session.user.name);
    const Attempt attempt{key, address_key(address), options_.clock().steady};
    if (const milliseconds wait = wait_before(attempt); wait != milliseconds(0))
      return throttled<Result>(wait);
    std::optional<store::UserRow> user;
    const Result found = find_user(key, until, user);
    if (!found.ok()) return found;
    if (!user) return with_outcome<Result>(Outcome::kNoSession);  // Removed in the meantime.
    switch (hasher_.verify(user->password, old_password, until)) {
      case Hasher::Verdict::kNoTurn: return unavailable<Result>(kRetrySoon);
      case Hasher::Verdict::kWrong: return wrong<Result>(attempt);
      case Hasher::Verdict::kRight: break;
    }
    const auto encoded = hasher_.hash(new_password, until);
    if (!encoded) return unavailable<Result>(kRetrySoon);
    return with_database<Result>(until, [&](Lease& lease) {
      sqlpool::Transaction transaction(lease);
      if (!store::replace_password(lease, user->id, user->password, *encoded)) {
        return with_outcome<Result>(Outcome::kWrong);  // Another one was faster.
      }
      store::delete_other_sessions(lease, user->id, token_hash(token).value_or(std::string()));
      transaction.commit();
      return with_outcome<Result>(Outcome::kOk);
    });
  }

  CountResult count_sessions(const User& user) {
    return with_database<CountResult>(deadline(), [&](Lease& lease) {
      auto result = with_outcome<CountResult>(Outcome::kOk);
      const Valid valid = valid_at(unix_seconds(options_.clock().wall));
      result.count = static_cast<std::size_t>(store::count_sessions(lease, user.id, valid));
      return result;
    });
  }

  Result remove_user(std::string_view name) {
    if (check_name(name) != NameProblem::kNone) return with_outcome<Result>(Outcome::kWrong);
    return with_database<Result>(deadline(), [&](Lease& lease) {
      const bool removed = store::remove_user(lease, name_key(name));
      return with_outcome<Result>(removed ? Outcome::kOk : Outcome::kWrong);
    });
  }

 private:
  using Valid = store::Valid;

  // To log in.
  struct Attempt {
    std::string key;     // Of the name.
    std::string client;  // Of the address.
    TimePoint now;
  };

  [[nodiscard]] TimePoint deadline() const { return std::chrono::steady_clock::now() + options_.patience; }

  [[nodiscard]] Valid valid_at(std::int64_t now) const { return {now, now - options_.session_idle.count()}; }

  template <typename Answer>
  static Answer throttled(milliseconds wait) {
    auto answer = with_outcome<Answer>(Outcome::kThrottled);
    answer.retry_after = at_least_one(wait);
    return answer;
  }

  // Calls `use` with a lease, again where others were in the way. It must not have done anything that cannot
  // be done twice when it throws; a transaction has not.
  template <typename Answer, typename Use>
  Answer with_database(TimePoint until, Use use) {
    for (int attempt = 1;; ++attempt) {
      try {
        Lease lease = pool_.acquire(until);
        if (!tables_are_there_.load(std::memory_order_relaxed)) {
          migrate(lease);
          tables_are_there_.store(true, std::memory_order_relaxed);
        }
        return use(lease);
      } catch (const Error& error) {
        const bool in_time = std::chrono::steady_clock::now() < until;
        if (error.kind() == Error::Kind::kBusy && attempt < kAttempts && in_time) continue;
        complain(error);
        return unavailable<Answer>(error.retry_after());
      }
    }
  }

  void complain(const Error& error) {
    static log::Throttle throttle(1);
    if (error.retry_after() != milliseconds(0)) return;  // The pool has told already.
    throttle.log(log::Level::kWarn, "accounts: {}", error.what());
    // Perhaps somebody has emptied the database.
    if (error.kind() == Error::Kind::kOther) tables_are_there_.store(false, std::memory_order_relaxed);
  }

  // Who does not exist is throttled like who does. An empty key or client is not counted.
  milliseconds wait_before(const Attempt& attempt) const {
    const milliseconds by_client =
        attempt.client.empty() ? milliseconds(0) : address_failures_.wait(attempt.client, attempt.now);
    const milliseconds by_name =
        attempt.key.empty() ? milliseconds(0) : name_failures_.wait(attempt.key, attempt.now);
    return std::max(by_client, by_name);
  }

  template <typename Answer>
  Answer wrong(const Attempt& attempt) {
    if (!attempt.client.empty()) address_failures_.charge(attempt.client, attempt.now);
    if (!attempt.key.empty()) name_failures_.charge(attempt.key, attempt.now);
    return with_outcome<Answer>(Outcome::kWrong);
  }

  UserResult create_user(const std::string& name, std::string_view password) {
    const TimePoint until = deadline();
    const std::string key = name_key(name);
    std::optional<store::UserRow> user;
    // Before the costly part; who comes second to an insert is told by the constraint.
    const Result found = find_user(key, until, user);
    if (!found.ok()) return {found, {}, {}};
    if (user) return with_outcome<UserResult>(Outcome::kTaken);
    const auto encoded = hasher_.hash(password, until);
    if (!encoded) return unavailable<UserResult>(kRetrySoon);
    const std::int64_t now = unix_seconds(options_.clock().wall);
    return with_database<UserResult>(until, [&](Lease& lease) {
      auto result = with_outcome<UserResult>(Outcome::kOk);
      try {
        result.user = {store::insert_user(lease, name, key, *encoded, now), name};
      } catch (const Error& error) {
        if (error.kind() != Error::Kind::kConstraint) throw;
        result.outcome = Outcome::kTaken;
      }
      return result;
    });
  }

  Result find_user(const std::string& key, TimePoint until, std::optional<store::UserRow>& user) {
    return with_database<Result>(until, [&](Lease& lease) {
      user = store::find_user(lease, key);
      return with_outcome<Result>(Outcome::kOk);
    });
  }

  // The parameters have been raised since. If it does not work now, then at the next log-in.
  void hash_again(store::UserRow& user, std::string_view password, TimePoint until) {
    const auto encoded = hasher_.hash(password, until);
    if (!encoded) return;
    (void)with_database<Result>(until, [&](Lease& lease) {
      if (store::replace_password(lease, user.id, user.password, *encoded)) user.password = *encoded;
      return with_outcome<Result>(Outcome::kOk);
    });
  }

  // With `password`: only if that is still theirs, else a change of it in the meantime would not end this
  // session.
  UserResult open_session(const User& user, const std::string* password, TimePoint until) {
    auto result = with_outcome<UserResult>(Outcome::kOk);
    result.token = new_token();
    result.user = user;
    const std::int64_t now = unix_seconds(options_.clock().wall);
    const store::NewSession session{token_hash(result.token).value_or(std::string()), now,
                                    now + options_.session_lifetime.count()};
    return with_database<UserResult>(until, [&](Lease& lease) {
      const bool opened = password != nullptr ? store::insert_session(lease, session, user.id, *password)
                                              : store::insert_session(lease, session, user.id);
      if (!opened) return with_outcome<UserResult>(Outcome::kWrong);
      purge_now_and_then(lease, now);
      return result;
    });
  }

  // Neither of the following is worth failing a request.
  static void touch(Lease& lease, const std::string& hash, std::int64_t now) {
    try {
      store::touch_session(lease, hash, now);
    } catch (const Error& error) {
      log::debug("accounts: cannot note that a session is in use: {}", error.what());
    }
  }

  void purge_now_and_then(Lease& lease, std::int64_t now) {
    std::int64_t due = next_purge_.load(std::memory_order_relaxed);
    if (now < due || !next_purge_.compare_exchange_strong(due, now + kPurgeEvery.count())) return;
    try {
      store::purge_sessions(lease, valid_at(now));
    } catch (const Error& error) {
      log::debug("accounts: cannot delete expired sessions: {}", error.what());
    }
  }

  const Options options_;
  SqlPool pool_;
  Hasher hasher_;
  Throttle name_failures_;
  Throttle address_failures_;
  Throttle registrations_;
  // Relaxed: what the tables hold is ordered by the database.
  std::atomic<bool> tables_are_there_{false};
  std::atomic<std::int64_t> next_purge_{0};  // Seconds since 1970.
};

Accounts::Accounts(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Accounts::~Accounts() = default;

void Accounts::prepare() { impl_->prepare(); }

UserResult Accounts::register_user(std::string_view name, std::string_view password,
                                   std::string_view address) {
  return impl_->register_user(name, password, address);
}

UserResult Accounts::log_in(std::string_view name, std::string_view password, std::string_view address) {
  return impl_->log_in(name, password, address);
}

UserResult Accounts::start_session(const User& user) { return impl_->start_session(user); }

bool Accounts::is_token(std::string_view text) { return token_hash(text).has_value(); }

SessionResult Accounts::find_session(std::string_view token) { return impl_->find_session(token); }

Result Accounts::log_out(std::string_view token) { return impl_->log_out(token); }

Result Accounts::log_out_everywhere(std::string_view token) { return impl_->log_out_everywhere(token); }

Result Accounts::change_password(std::string_view token, std::string_view old_password,
                                 std::string_view new_password, std::string_view address) {
  return impl_->change_password(token, old_password, new_password, address);
}

CountResult Accounts::count_sessions(const User& user) { return impl_->count_sessions(user); }

Result Accounts::add_user(std::string_view name, std::string_view password) {
  return only_result(impl_->register_user(name, password, {}));
}

Result Accounts::remove_user(std::string_view name) { return impl_->remove_user(name); }

}  // namespace pollux::accounts
