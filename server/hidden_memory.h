// Keeps the memory of the process from others, for one that handles passwords.
#pragma once

#include <sys/prctl.h>

namespace pollux::server {

// Neither a core image nor another process of the same user is to show passwords.
inline void hide_memory() { (void)::prctl(PR_SET_DUMPABLE, 0); }

}  // namespace pollux::server
