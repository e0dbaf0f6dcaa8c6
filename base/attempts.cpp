#include "base/attempts.h"

#include <algorithm>

namespace pollux {

namespace {

milliseconds wait(const Throttle& throttle, const std::string& key, TimePoint now) {
  return key.empty() ? milliseconds(0) : throttle.wait(key, now);
}

void charge(Throttle& throttle, const std::string& key, TimePoint now) {
  if (!key.empty()) throttle.charge(key, now);
}

}  // namespace

Attempts::Attempts(const AttemptLimits& limits)
    : failures_per_name_(limits.failures_per_name),
      failures_per_address_(limits.failures_per_address),
      successes_per_name_(limits.successes_per_name),
      successes_per_address_(limits.successes_per_address),
      registrations_per_address_(limits.registrations_per_address) {}

milliseconds Attempts::wait_to_log_in(const Attempt& attempt) const {
  return std::max({wait(failures_per_name_, attempt.name_key, attempt.now),
                   wait(failures_per_address_, attempt.client, attempt.now),
                   wait(successes_per_name_, attempt.name_key, attempt.now),
                   wait(successes_per_address_, attempt.client, attempt.now)});
}

void Attempts::failed(const Attempt& attempt) {
  charge(failures_per_name_, attempt.name_key, attempt.now);
  charge(failures_per_address_, attempt.client, attempt.now);
}

void Attempts::succeeded(const Attempt& attempt) {
  charge(successes_per_name_, attempt.name_key, attempt.now);
  charge(successes_per_address_, attempt.client, attempt.now);
}

milliseconds Attempts::wait_to_register(const std::string& client, TimePoint now) const {
  return wait(registrations_per_address_, client, now);
}

void Attempts::registered(const std::string& client, TimePoint now) {
  charge(registrations_per_address_, client, now);
}

}  // namespace pollux
