// The one exception of sqlpool, with what its catcher wants to know: does it help to try again?
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

namespace pollux::sqlpool {

class Error : public std::runtime_error {
 public:
  enum class Kind {
    kUnavailable,  // No connection, or it broke. Whether a commit that was under way took place is not known.
    kBusy,        // Locked by others, a deadlock, no free connection in time. Nothing has changed; try again.
    kConstraint,  // A UNIQUE, NOT NULL or FOREIGN KEY constraint. Nothing has changed.
    kOther,       // A mistake in the statement, missing rights, a full disk: trying again does not help.
  };

  Error(Kind kind, const std::string& message, std::chrono::milliseconds retry_after = {})
      : std::runtime_error(message), kind_(kind), retry_after_(retry_after) {}

  [[nodiscard]] Kind kind() const { return kind_; }

  // With kUnavailable: when the next attempt to connect will be made; 0: not known.
  [[nodiscard]] std::chrono::milliseconds retry_after() const { return retry_after_; }

 private:
  Kind kind_;
  std::chrono::milliseconds retry_after_;
};

}  // namespace pollux::sqlpool
