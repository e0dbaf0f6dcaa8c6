#include "accounts/accounts.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "accounts/rules.h"
#include "accounts/token.h"
#include "base/ip_network.h"

namespace pollux::accounts {

namespace {

using sqlpool::Error;
using std::chrono::seconds;
using store::Lease;

constexpr milliseconds kRetrySoon(1000);

std::size_t hashings(const Options& options) {
  return options.hashings != 0 ? options.hashings : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Accounts::Accounts(Options options)
    : options_(std::move(options)),
      attempts_(options_.attempts),
      hasher_(options_.hash, options_.hash_function),
      turns_(hashings(options_), options_.max_waiting_to_hash, [this] { return now(); }),
      database_(options_),
      sessions_(database_, options_) {}

bool Accounts::is_token(std::string_view text) { return token_hash(text).has_value(); }

void Accounts::prepare() {
  (void)database_.use([](Lease&) {});
}

UserResult Accounts::register_user(std::string_view name, std::string_view password,
                                   std::string_view address) {
  UserResult result;
  result.name_problem = check_name(name);
  result.password_problem = check_password(password);
  if (result.name_problem != NameProblem::kNone || result.password_problem != PasswordProblem::kNone) {
    const bool name_is_bad = result.name_problem != NameProblem::kNone;
    result.outcome = name_is_bad ? Outcome::kBadName : Outcome::kBadPassword;
    return result;
  }
  const TimePoint begun = now();
  const std::string client = client_key(address);
  if (const milliseconds wait = attempts_.wait_to_register(client, begun); wait > milliseconds(0)) {
    return {with_retry(Outcome::kThrottled, wait), {}, {}};
  }
  static_cast<Result&>(result) = create_user(std::string(name), password, result.user);
  if (result.outcome != Outcome::kUnavailable) attempts_.registered(client, begun);
  return result;
}

Result Accounts::create_user(const std::string& name, std::string_view password, User& user) {
  const TimePoint begun = now();
  const std::string key = name_key(name);
  std::optional<store::UserRow> present;
  // Before the costly part. Of two at a time, the constraint tells the second.
  if (const Result found = find_user(key, present); !found.ok()) return found;
  if (present) return with_outcome(Outcome::kTaken);
  std::string password_hash;
  const Result hashed = in_turn(begun, [&] { return hash(password, password_hash); });
  if (!hashed.ok()) return hashed;
  const auto created = std::chrono::duration_cast<seconds>(options_.clock().wall.time_since_epoch()).count();
  bool taken = false;
  const Result asked = database_.use([&](Lease& lease) {
    try {
      user = {store::insert_user(lease, name, key, password_hash, created), name};
    } catch (const Error& error) {
      if (error.kind() != Error::Kind::kConstraint) throw;
      taken = true;
    }
  });
  return taken ? with_outcome(Outcome::kTaken) : asked;
}

UserResult Accounts::log_in(std::string_view name, std::string_view password, std::string_view address) {
  const bool name_is_good = check_name(name) == NameProblem::kNone;
  const Attempt attempt{name_is_good ? name_key(name) : std::string(), client_key(address), now()};
  if (const milliseconds wait = attempts_.wait_to_log_in(attempt); wait > milliseconds(0)) {
    return {with_retry(Outcome::kThrottled, wait), {}, {}};
  }
  if (!name_is_good || check_password(password) != PasswordProblem::kNone) {
    attempts_.failed(attempt);
    return {with_outcome(Outcome::kWrong), {}, {}};
  }
  std::optional<store::UserRow> user;
  if (const Result found = find_user(attempt.name_key, user); !found.ok()) return {found, {}, {}};
  std::string stronger;  // The parameters have been raised since.
  const Result verified = in_turn(attempt.now, [&] {
    const Result verdict = verify(user, password);
    if (verdict.ok() && hasher_.outdated(user->password)) (void)hash(password, stronger);
    return verdict;
  });
  if (verified.outcome == Outcome::kWrong) attempts_.failed(attempt);
  if (!verified.ok()) return {verified, {}, {}};
  attempts_.succeeded(attempt);
  if (!stronger.empty()) replace_outdated(*user, stronger);
  return sessions_.open({user->id, user->name}, &user->password);
}

Result Accounts::change_password(std::string_view token, std::string_view old_password,
                                 std::string_view new_password, std::string_view address) {
  const TimePoint begun = now();
  const SessionResult session = sessions_.find(token);
  if (!session.ok()) return session.alone();
  Result bad = with_outcome(Outcome::kBadPassword);
  bad.password_problem = check_password(new_password);
  if (bad.password_problem != PasswordProblem::kNone) return bad;

  const Attempt attempt{name_key(session.user.name), client_key(address), begun};
  if (const milliseconds wait = attempts_.wait_to_log_in(attempt); wait > milliseconds(0)) {
    return with_retry(Outcome::kThrottled, wait);
  }
  std::optional<store::UserRow> user;
  if (const Result found = find_user(attempt.name_key, user); !found.ok()) return found;
  if (!user) return with_outcome(Outcome::kNoSession);  // Removed in the meantime.
  std::string password_hash;
  const Result hashed = in_turn(begun, [&] {
    const Result verdict = verify(user, old_password);
    return verdict.ok() ? hash(new_password, password_hash) : verdict;
  });
  if (hashed.outcome == Outcome::kWrong) attempts_.failed(attempt);
  if (!hashed.ok()) return hashed;
  attempts_.succeeded(attempt);
  bool replaced = false;
  const Result asked = database_.use([&](Lease& lease) {
    sqlpool::Transaction transaction(lease);
    replaced = store::replace_password(lease, user->id, user->password, password_hash);
    if (!replaced) return;
    store::delete_other_sessions(lease, user->id, token_hash(token).value_or(std::string()));
    transaction.commit();
  });
  return asked.ok() && !replaced ? with_outcome(Outcome::kWrong) : asked;  // Another one was faster.
}

Result Accounts::remove_user(std::string_view name) {
  if (check_name(name) != NameProblem::kNone) return with_outcome(Outcome::kWrong);
  bool removed = false;
  const Result asked =
      database_.use([&](Lease& lease) { removed = store::remove_user(lease, name_key(name)); });
  return asked.ok() && !removed ? with_outcome(Outcome::kWrong) : asked;
}

Result Accounts::find_user(const std::string& key, std::optional<store::UserRow>& user) {
  return database_.use([&](Lease& lease) { user = store::find_user(lease, key); });
}

// If it does not work now, then at the next log-in.
void Accounts::replace_outdated(store::UserRow& user, const std::string& password_hash) {
  (void)database_.use([&](Lease& lease) {
    if (store::replace_password(lease, user.id, user.password, password_hash)) user.password = password_hash;
  });
}

Result Accounts::in_turn(TimePoint begun, const std::function<Result()>& work) {
  const TimePoint asked = now();
  const Turns::Turn turn = turns_.wait(std::min(asked + options_.waits.turn, begun + options_.waits.visitor));
  switch (turn.state()) {
    case Turns::State::kTaken: return work();
    case Turns::State::kQueueFull:
      return cannot_hash(fmt::format("{} others wait for a turn", options_.max_waiting_to_hash));
    case Turns::State::kTooLate: break;
  }
  const auto waited = std::chrono::duration_cast<milliseconds>(now() - asked);
  return cannot_hash(fmt::format("there was no turn in {} ms", waited.count()));
}

Result Accounts::cannot_hash(std::string_view reason) {
  complaints_.log(log::Level::kWarn, "accounts: cannot hash a password: {}", reason);
  return with_retry(Outcome::kUnavailable, kRetrySoon);
}

Result Accounts::hash(std::string_view password, std::string& password_hash) {
  auto made = hasher_.hash(password);
  if (!made) return cannot_hash("no memory");
  password_hash = std::move(*made);
  return with_outcome(Outcome::kOk);
}

Result Accounts::verify(const std::optional<store::UserRow>& user, std::string_view password) {
  switch (user ? hasher_.verify(user->password, password) : hasher_.verify_nobody(password)) {
    case Hasher::Verdict::kNoMemory: return cannot_hash("no memory");
    case Hasher::Verdict::kWrong: return with_outcome(Outcome::kWrong);
    case Hasher::Verdict::kRight: break;
  }
  return with_outcome(Outcome::kOk);
}

}  // namespace pollux::accounts
