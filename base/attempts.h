// Limits on attempts to log in and to register, by name and by client address.
//
// Failures are limited tightly, because they may be guesses. Successes are limited generously, because each
// one costs a hash, and nobody may keep all hashing busy for ever with one valid account. A name that does
// not exist is counted like one that does. Attempts that ended because the database was away are not counted.
//
// The counts are in memory, bounded, and each server's own (throttle.h).
//
// Thread: any.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "base/throttle.h"

namespace pollux {

struct AttemptLimits {
  ThrottleLimits failures_per_name{10, std::chrono::seconds(10)};
  ThrottleLimits failures_per_address{100, std::chrono::seconds(3)};
  ThrottleLimits successes_per_name{200, std::chrono::seconds(1)};
  ThrottleLimits successes_per_address{1000, std::chrono::milliseconds(200)};
  ThrottleLimits registrations_per_address{1000, std::chrono::seconds(5)};
};

// Somebody at an address shows a password for a name. Empty fields are not counted.
struct Attempt {
  std::string name_key;  // Equal for all spellings of the name.
  std::string client;    // See client_key() of ip_network.h.
  TimePoint now;
};

class Attempts {
 public:
  explicit Attempts(const AttemptLimits& limits);

  // 0: go ahead. Otherwise how long to wait.
  [[nodiscard]] milliseconds wait_to_log_in(const Attempt& attempt) const;
  void failed(const Attempt& attempt);
  void succeeded(const Attempt& attempt);

  [[nodiscard]] milliseconds wait_to_register(const std::string& client, TimePoint now) const;
  void registered(const std::string& client, TimePoint now);

 private:
  Throttle failures_per_name_;
  Throttle failures_per_address_;
  Throttle successes_per_name_;
  Throttle successes_per_address_;
  Throttle registrations_per_address_;
};

}  // namespace pollux
