// Starts a program with given descriptors and no others.
//
// It uses posix_spawn(3), which copies no memory: forking a process with a large cache would hold up its
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
  std::vector<std::string> arguments;    // With the program's name first.
  std::vector<std::string> environment;  // NAME=VALUE
  int standard_error;                    // Borrowed, as are the next ones. 0 and 1 are this process's.
  std::vector<int> descriptors;          // They become 3, 4, …
};

// The program starts with no signal blocked or ignored. Throws std::system_error when it cannot be executed.
[[nodiscard]] pid_t spawn(const Program& program);

}  // namespace pollux::server
