// The new program's side of an upgrade (successor.h has the other): the process that has started this one,
// and goes on serving until it hears that this one is ready.
//
// Descriptors from 3 on, as many sockets as POLLUX_UPGRADE says and then: the legacy (a memfd), where to say
// that we are ready (a pipe), and standard error. Number 2 leads to the predecessor until then, which repeats
// what is said there.
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
  // Takes the variable out of the environment. Throws std::runtime_error if the descriptors are not as it
  // says.
  [[nodiscard]] static Predecessor from_environment();

  Predecessor() = default;  // There is none.

  [[nodiscard]] bool present() const { return static_cast<bool>(ready_); }
  [[nodiscard]] const Legacy& legacy() const { return legacy_; }
  [[nodiscard]] std::vector<InheritedSocket> take_sockets() { return std::move(sockets_); }

  // Where standard error was before the upgrade.
  [[nodiscard]] int standard_error() const { return error_ ? error_.get() : STDERR_FILENO; }

  // This process serves: the predecessor may end. Standard error is what it was.
  void tell_ready();

 private:
  Legacy legacy_;
  std::vector<InheritedSocket> sockets_;
  UniqueFd ready_;
  UniqueFd error_;
};

}  // namespace pollux::server
