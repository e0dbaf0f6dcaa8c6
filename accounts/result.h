// Results of the calls of Accounts: an outcome, and what came with it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "accounts/rules.h"
#include "base/clock.h"

namespace pollux::accounts {

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

// The value of the session cookie: 32 random octets as 43 characters of base64url. The database has its
// SHA-256 only.
using Token = std::string;

struct Result {
  Outcome outcome = Outcome::kUnavailable;
  NameProblem name_problem = NameProblem::kNone;
  PasswordProblem password_problem = PasswordProblem::kNone;
  std::chrono::seconds retry_after{0};  // With kThrottled and kUnavailable: at least 1.

  [[nodiscard]] bool ok() const { return outcome == Outcome::kOk; }
  [[nodiscard]] Result alone() const { return *this; }  // Without the user or the session that came with it.
};

struct UserResult : Result {
  User user;    // With kOk.
  Token token;  // With kOk, of the calls that open a session.
};

struct SessionResult : Result {
  User user;  // With kOk, as the following two.
  WallTime created;
  WallTime expires;  // At the latest; a session that is not used ends earlier.
};

struct CountResult : Result {
  std::size_t count = 0;  // With kOk.
};

[[nodiscard]] inline Result with_outcome(Outcome outcome) { return {.outcome = outcome}; }

// For kThrottled and kUnavailable.
[[nodiscard]] inline Result with_retry(Outcome outcome, milliseconds retry_after) {
  const auto whole = std::chrono::ceil<std::chrono::seconds>(retry_after);
  return {.outcome = outcome, .retry_after = std::max(std::chrono::seconds(1), whole)};
}

}  // namespace pollux::accounts
