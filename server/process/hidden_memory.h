// Hides the memory of a process that handles secrets from other processes.
#pragma once

#include <sys/prctl.h>

#include "server/config/config.h"

namespace pollux::server {

// Passwords, or private keys.
[[nodiscard]] inline bool has_secrets(const Config& config) {
  return config.accounts.enabled || !config.tls.listen.empty() || !config.rules.auth.empty();
}

// Core images and other processes of the same user must not show it.
inline void hide_memory(bool hidden = true) { (void)::prctl(PR_SET_DUMPABLE, hidden ? 0 : 1); }

}  // namespace pollux::server
