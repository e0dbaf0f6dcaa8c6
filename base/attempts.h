// Limits on attempts to log in and to register, by name and by client address.
//
// Failures are limited tightly, because they may be guesses. Successes are limited generously: each one costs
// a hash, and a valid account must not be enough to keep all hashing busy. A name that does not exist is
// counted like one that does. Attempts that failed because the database was unavailable are not counted.
//
// The counts are in memory, bounded, and per server (throttle.h).
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

// A client at an address shows a password for a name. Empty fields are not counted.
struct Attempt {
  std::string name_key;  // The same for all spellings of the name.
  std::string client;    // See client_key() of ip_network.h.
  TimePoint now;
};

class Attempts {
 public:
  explicit Attempts(const AttemptLimits& limits);

  // 0: go ahead. Otherwise the time to wait.
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
