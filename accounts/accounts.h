// Accounts: people register, log in, and have sessions that every server on the same database knows.
//
// This is the one door of the directory. Behind it: the rules for names and passwords (rules.h), limits on
// attempts (base/attempts.h), Argon2id (password_hash.h) and turns at it (turns.h), the database and its
// tables (database.h, schema.h, store.h), sessions and their tokens (sessions.h, token.h). It knows nothing
// of HTTP: no cookie, no form, no status code.
//
// Every call but is_token() asks the database, and those that take a password hash it: they block, for as
// long as Waits says (options.h). Never call them on a loop or a request worker.
//
// What is expected to happen is an Outcome, never an exception. A database that cannot be had is expected.
//
// Passwords are only borrowed here: their owner wipes them (explicit_bzero).
//
// Thread: any, several at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "accounts/database.h"
#include "accounts/options.h"
#include "accounts/password_hash.h"
#include "accounts/result.h"
#include "accounts/sessions.h"
#include "accounts/store.h"
#include "accounts/turns.h"
#include "base/attempts.h"
#include "log/throttle.h"

namespace pollux::accounts {

class Accounts {
 public:
  // Does not touch the database: one that is absent is said in the log when it is first missed.
  explicit Accounts(Options options);
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  // Makes the connection and the tables ahead of the first request, and says in the log when that fails. To
  // be called once at start, from the pool that all other calls run on. Not required.
  void prepare();

  // `address` is the client's, as text; attempts are counted by it (client_key()). Empty: not counted.

  // kOk, kBadName, kBadPassword, kTaken, kThrottled, kUnavailable. Opens no session: start_session() may
  // follow.
  [[nodiscard]] UserResult register_user(std::string_view name, std::string_view password,
                                         std::string_view address);

  // kOk with a token, kWrong, kThrottled, kUnavailable. A name or password against the rules is kWrong.
  // `name` need not be typed as it was at registration (see rules.h).
  [[nodiscard]] UserResult log_in(std::string_view name, std::string_view password, std::string_view address);

  // A session without a password, for a user who has just registered. kOk with a token, kWrong, kUnavailable.
  [[nodiscard]] UserResult start_session(const User& user) { return sessions_.open(user); }

  // Could this be a token at all? Asks nobody, may be called anywhere. Other texts need no find_session().
  [[nodiscard]] static bool is_token(std::string_view text);

  // kOk, kNoSession, kUnavailable. Notes (once a minute) that the session is in use.
  [[nodiscard]] SessionResult find_session(std::string_view token) { return sessions_.find(token); }

  // kOk (also when there was none), kUnavailable.
  [[nodiscard]] Result log_out(std::string_view token) { return sessions_.end(token); }

  // Ends all sessions of the user of this one. kOk, kNoSession, kUnavailable.
  [[nodiscard]] Result log_out_everywhere(std::string_view token) { return sessions_.end_all_of(token); }

  // Sets another password and ends all other sessions of the user; the one of `token` goes on.
  // kOk, kNoSession, kWrong (`old_password`), kBadPassword (`new_password`), kThrottled, kUnavailable.
  [[nodiscard]] Result change_password(std::string_view token, std::string_view old_password,
                                       std::string_view new_password, std::string_view address);

  // Sessions of the user that have not expired. kOk, kUnavailable.
  [[nodiscard]] CountResult count_sessions(const User& user) { return sessions_.count_of(user); }

  // For the operator. kOk, kBadName, kBadPassword, kTaken, kUnavailable.
  [[nodiscard]] Result add_user(std::string_view name, std::string_view password) {
    return register_user(name, password, {}).alone();
  }

  // With all sessions. kOk, kWrong (there is none), kUnavailable.
  [[nodiscard]] Result remove_user(std::string_view name);

 private:
  [[nodiscard]] TimePoint now() const { return options_.clock().steady; }
  [[nodiscard]] Result create_user(const std::string& name, std::string_view password, User& user);
  [[nodiscard]] Result find_user(const std::string& key, std::optional<store::UserRow>& user);
  void replace_outdated(store::UserRow& user, const std::string& password_hash);

  // Calls `work`, which hashes, when it is this call's turn. Its result, or kUnavailable: the log says why.
  // `begun`: when the call began.
  [[nodiscard]] Result in_turn(TimePoint begun, const std::function<Result()>& work);
  [[nodiscard]] Result cannot_hash(std::string_view reason);
  [[nodiscard]] Result hash(std::string_view password, std::string& password_hash);
  // Without a user it takes as long, and is kWrong.
  [[nodiscard]] Result verify(const std::optional<store::UserRow>& user, std::string_view password);

  const Options options_;
  Attempts attempts_;
  Hasher hasher_;
  Turns turns_;
  Database database_;
  Sessions sessions_;
  log::Throttle complaints_{1};
};

}  // namespace pollux::accounts
