// Keeps the memory of the process from others, for one that handles secrets.
#pragma once

#include <sys/prctl.h>

#include "server/config/config.h"

namespace pollux::server {

// Passwords, or private keys.
[[nodiscard]] inline bool has_secrets(const Config& config) {
  return config.accounts.enabled || !config.tls.listen.empty() || !config.rules.auth.empty();
}

// Neither a core image nor another process of the same user is to show them.
inline void hide_memory(bool hidden = true) { (void)::prctl(PR_SET_DUMPABLE, hidden ? 0 : 1); }

}  // namespace pollux::server
