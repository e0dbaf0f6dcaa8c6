// The verdict on a login: limits on failed attempts, and a memory of verified logins.
//
// The order of the checks matters:
//  - A client that has failed too often is refused, whatever its login.
//  - A login that was verified for this client is allowed, so nobody can lock a user out by failing in the
//    user's name from elsewhere.
//  - Any other login for a name that has failed too often is refused without a look at its password. It
//    counts against its client, so that a neighbour behind the same address cannot guess until it hits a
//    verified one.
//
// Thread: any.
#pragma once

#include "base/attempts.h"
#include "base/clock.h"
#include "site/verified_logins.h"

namespace pollux::site {

enum class Verdict {
  kAllowed,
  kChallenge,    // 401: no credentials, or wrong ones.
  kThrottled,    // 429: too many failures.
  kMustVerify,   // Only a hash can tell: ask on a thread that may wait.
  kUnavailable,  // 503: no hash could be made.
};

class LoginGate {
 public:
  // `attempts` must outlive the gate; all gates of a server share it.
  explicit LoginGate(Attempts& attempts) : attempts_(attempts) {}

  // kAllowed, kThrottled or kMustVerify.
  [[nodiscard]] Verdict look(const Login& login, TimePoint now);

  // Records the result of a check after kMustVerify. Returns kAllowed or kChallenge.
  [[nodiscard]] Verdict settle(const Login& login, bool right, TimePoint now);

  // With kThrottled: the time until the next attempt. 0 if it is over already.
  [[nodiscard]] milliseconds wait(const Login& login, TimePoint now) const;

 private:
  Attempts& attempts_;
  VerifiedLogins verified_;
};

}  // namespace pollux::site
