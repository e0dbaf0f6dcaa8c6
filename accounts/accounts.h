// Accounts: people register, log in, and have sessions that every server on the same database knows.
//
// This is the one door of the directory. Behind it: the rules for names and passwords (rules.h), Argon2id
// (password_hash.h), the tables and their migration (schema.h), tokens (token.h) and the throttle
// (throttle.h). It knows nothing of HTTP: no cookie, no form, no status code.
//
// Every call but the static ones asks the database, and some hash a password: they block, for 2 s at most
// while the database is away. Never call them on a loop or a request worker.
//
// What is expected to happen is an Outcome, never an exception. A database that cannot be had is expected.
//
// Passwords are only borrowed here: who owns the octets wipes them (explicit_bzero).
//
// Thread: any, several at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "accounts/password_hash.h"
#include "accounts/rules.h"
#include "accounts/throttle.h"
#include "base/clock.h"
#include "sqlpool/address.h"

namespace pollux::accounts {

struct Options {
  sqlpool::Address database;
  std::size_t connections = 8;  // To the database, at most.

  std::chrono::seconds session_lifetime = std::chrono::hours(24 * 30);  // From the log-in on.
  std::chrono::seconds session_idle = std::chrono::hours(24);           // Since it was last used.

  HashParameters hash;
  std::size_t hashings = 0;  // Passwords hashed at a time, each with hash.memory_kib. 0: as many as cores.

  // How long a call waits for a connection to the database or a turn to hash, before it gives up.
  std::chrono::milliseconds patience = std::chrono::milliseconds(800);

  // Log-ins that succeed are not counted, nor is what the database was away for.
  ThrottleLimits failures_per_name{10, std::chrono::seconds(10)};
  ThrottleLimits failures_per_address{100, std::chrono::seconds(3)};
  ThrottleLimits registrations_per_address{1000, std::chrono::seconds(5)};

  std::function<Now()> clock = Now::read;
};

enum class Outcome {
  kOk,
  kBadName,      // name_problem says which rule it breaks (422).
  kBadPassword,  // password_problem says which rule the (new) password breaks (422).
  kTaken,        // Somebody has that name (409).
  kWrong,        // No such user, or not this password: it never says which (401).
  kThrottled,    // Too many attempts; retry_after says for how long (429).
  kNoSession,    // There is no such session, or it has expired.
  kUnavailable,  // The database or a turn to hash cannot be had now; see retry_after (503).
};

struct User {
  std::int64_t id = 0;
  std::string name;  // As it was typed at registration.
};

// What the cookie carries. 32 random octets as 43 characters of base64url; the database has its SHA-256 only.
using Token = std::string;

struct Result {
  Outcome outcome = Outcome::kUnavailable;
  NameProblem name_problem = NameProblem::kNone;
  PasswordProblem password_problem = PasswordProblem::kNone;
  std::chrono::seconds retry_after{0};  // With kThrottled and kUnavailable: 1 at least.

  [[nodiscard]] bool ok() const { return outcome == Outcome::kOk; }
};

struct UserResult : Result {
  User user;    // With kOk.
  Token token;  // With kOk, of the calls that open a session.
};

struct SessionResult : Result {
  User user;  // With kOk, as the following two.
  WallTime created;
  WallTime expires;  // Whatever happens; being idle may end it sooner.
};

struct CountResult : Result {
  std::size_t count = 0;  // With kOk.
};

class Accounts {
 public:
  // Does not touch the database: one that is absent is said in the log when it is first missed.
  explicit Accounts(Options options);
  ~Accounts();
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  // Makes the connection and the tables ahead of the first request, and says in the log when that fails. To
  // be called once at start, from the pool that all other calls run on. Not required.
  void prepare();

  // `address` is the client's, as text ("192.0.2.7", "2001:db8::1"; of IPv6 its /64 counts); it is what
  // attempts are counted by. Empty: not counted.

  // kOk, kBadName, kBadPassword, kTaken, kThrottled, kUnavailable. Opens no session: start_session() may
  // follow.
  [[nodiscard]] UserResult register_user(std::string_view name, std::string_view password,
                                         std::string_view address);

  // kOk with a token, kWrong, kThrottled, kUnavailable. A name or password against the rules is kWrong.
  // `name` need not be typed as it was at registration (see rules.h).
  [[nodiscard]] UserResult log_in(std::string_view name, std::string_view password, std::string_view address);

  // A session without a password, for who has just registered. kOk with a token, kWrong, kUnavailable.
  [[nodiscard]] UserResult start_session(const User& user);

  // Could this be a token at all? Asks nobody, may be called anywhere. What is none needs no find_session().
  [[nodiscard]] static bool is_token(std::string_view text);

  // kOk, kNoSession, kUnavailable. Notes (once a minute) that the session is in use.
  [[nodiscard]] SessionResult find_session(std::string_view token);

  // kOk (also when there was none), kUnavailable.
  [[nodiscard]] Result log_out(std::string_view token);

  // Ends all sessions of the one this token belongs to. kOk, kNoSession, kUnavailable.
  [[nodiscard]] Result log_out_everywhere(std::string_view token);

  // Sets another password and ends all other sessions of the user; the one of `token` goes on.
  // kOk, kNoSession, kWrong (`old_password`), kBadPassword (`new_password`), kThrottled, kUnavailable.
  [[nodiscard]] Result change_password(std::string_view token, std::string_view old_password,
                                       std::string_view new_password, std::string_view address);

  // Sessions of the user that have not expired. kOk, kUnavailable.
  [[nodiscard]] CountResult count_sessions(const User& user);

  // For the operator. kOk, kBadName, kBadPassword, kTaken, kUnavailable.
  [[nodiscard]] Result add_user(std::string_view name, std::string_view password);

  // With all sessions. kOk, kWrong (there is none), kUnavailable.
  [[nodiscard]] Result remove_user(std::string_view name);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pollux::accounts
