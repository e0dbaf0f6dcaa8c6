// Starts a program with the descriptors it is to have, and no others.
//
// By posix_spawn(3), which copies no memory: a fork of a process with a large cache would hold up its
// clients.
//
// Thread: any.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace pollux::server {

struct Program {
  std::string path;
  std::vector<std::string> arguments;    // With its name.
  std::vector<std::string> environment;  // NAME=VALUE
  int standard_error;                    // Borrowed, as are the next ones. 0 and 1 are this process's.
  std::vector<int> descriptors;          // They become 3, 4, …
};

// No signal is blocked or ignored there. Throws std::system_error when it cannot be executed.
[[nodiscard]] pid_t spawn(const Program& program);

}  // namespace pollux::server
