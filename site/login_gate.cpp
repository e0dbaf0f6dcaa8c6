#include "site/login_gate.h"

namespace pollux::site {

namespace {

Attempt attempt_of(const Login& login, TimePoint now) { return {login.user, login.client, now}; }
Attempt client_of(const Login& login, TimePoint now) { return {"", login.client, now}; }

}  // namespace

Verdict LoginGate::look(const Login& login, TimePoint now) {
  if (attempts_.wait_to_log_in(client_of(login, now)) > milliseconds(0)) return Verdict::kThrottled;
  if (verified_.has(login, now)) return Verdict::kAllowed;
  if (wait(login, now) == milliseconds(0)) return Verdict::kMustVerify;
  attempts_.failed(client_of(login, now));
  return Verdict::kThrottled;
}

Verdict LoginGate::settle(const Login& login, bool right, TimePoint now) {
  if (!right) {
    attempts_.failed(attempt_of(login, now));
    return Verdict::kChallenge;
  }
  attempts_.succeeded(attempt_of(login, now));
  verified_.remember(login, now);
  return Verdict::kAllowed;
}

milliseconds LoginGate::wait(const Login& login, TimePoint now) const {
  return attempts_.wait_to_log_in(attempt_of(login, now));
}

}  // namespace pollux::site
