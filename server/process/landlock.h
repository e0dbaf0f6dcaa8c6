// Landlock, the kernel's sandbox for programs that restrict themselves (landlock(7)), by its three system
// calls.
//
// A thread that has restricted itself, all threads and programs that it starts from then on, and they for
// good, may open only the files beneath the paths it has named. Descriptors that are open already are not
// affected, nor are sockets.
//
// Thread: the main thread's, before there are others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pollux::server {

enum class FileAccess : std::uint8_t {
  kRead,     // Files, and what is in directories.
  kExecute,  // That, and run programs.
  kWrite,    // Reading, and writing, making, renaming and removing files and sockets.
};

struct PathRule {
  std::string path;  // A file, or a directory with all that is beneath it.
  FileAccess access = FileAccess::kRead;

  bool operator==(const PathRule&) const = default;
};

class Landlock {
 public:
  // The version of the interface that this kernel has; 0: it has none, or none that is switched on.
  [[nodiscard]] static int abi();

  // Passes over paths that are not there, or cannot be reached. REQUIRES: abi() > 0, and no_new_privileges().
  // Throws std::system_error.
  static void restrict_to(const std::vector<PathRule>& rules);
};

// No program that is run from now on gets more rights by it, by set-user-ID or file capabilities
// (PR_SET_NO_NEW_PRIVS). Throws std::system_error.
void no_new_privileges();

}  // namespace pollux::server
