// The new program's side of an upgrade (successor.h has the other side): the process that has started this
// one, and serves until it hears that this one is ready.
//
// Descriptors from 3 on: the number of sockets that POLLUX_UPGRADE says, then the legacy (a memfd), a pipe
// for the ready message, and standard error. Until then descriptor 2 leads to the predecessor, which repeats
// what is written there.
//
// Thread: the main thread's.
#pragma once

#include <unistd.h>

#include <vector>

#include "base/unique_fd.h"
#include "server/process/inherited_sockets.h"
#include "server/upgrade/legacy.h"

namespace pollux::server {

inline constexpr const char* kUpgradeVariable = "POLLUX_UPGRADE";
inline constexpr int kFirstPassed = 3;

class Predecessor {
 public:
  // Removes the variable from the environment. Throws std::runtime_error if the descriptors are not as it
  // says.
  [[nodiscard]] static Predecessor from_environment();

  Predecessor() = default;  // No predecessor.

  [[nodiscard]] bool present() const { return static_cast<bool>(ready_); }
  [[nodiscard]] const Legacy& legacy() const { return legacy_; }
  [[nodiscard]] std::vector<InheritedSocket> take_sockets() { return std::move(sockets_); }

  // Standard error as it was before the upgrade.
  [[nodiscard]] int standard_error() const { return error_ ? error_.get() : STDERR_FILENO; }

  // This process serves: the predecessor may end. Restores standard error.
  void tell_ready();

 private:
  Legacy legacy_;
  std::vector<InheritedSocket> sockets_;
  UniqueFd ready_;
  UniqueFd error_;
};

}  // namespace pollux::server
