// The verdict on a login: limits on attempts, and what has been verified already.
//
// The order is what matters. A client that has failed too often is refused whatever it shows. A login that
// was verified for this client goes through, so nobody can lock a user out by failing in her name from
// elsewhere. Any other login for a name that has failed too often is refused without a look at its password;
// it is counted against its client, so that a neighbour behind the same address cannot go on guessing until
// it hits a verified one.
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
  kMustVerify,   // It takes a hash to tell: ask on a thread that may wait.
  kUnavailable,  // 503: no hash could be made.
};

class LoginGate {
 public:
  // `attempts` must outlive this; all gates of a server share them.
  explicit LoginGate(Attempts& attempts) : attempts_(attempts) {}

  // kAllowed, kThrottled or kMustVerify.
  [[nodiscard]] Verdict look(const Login& login, TimePoint now);

  // Counts and remembers how it ended after kMustVerify. kAllowed or kChallenge.
  [[nodiscard]] Verdict settle(const Login& login, bool right, TimePoint now);

  // With kThrottled: for how long. 0 if it is over already.
  [[nodiscard]] milliseconds wait(const Login& login, TimePoint now) const;

 private:
  Attempts& attempts_;
  VerifiedLogins verified_;
};

}  // namespace pollux::site
