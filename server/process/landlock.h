// Landlock, the kernel's sandbox for programs that restrict themselves (landlock(7)), by its three system
// calls.
//
// A thread that restricts itself may then open only files beneath the paths it has named. The restriction is
// permanent, and holds for all threads and programs that it starts afterwards. It does not affect descriptors
// that are already open, or sockets.
//
// Thread: the main thread's, before there are others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pollux::server {

enum class FileAccess : std::uint8_t {
  kRead,     // Files, and the names in directories.
  kExecute,  // The same, and running programs.
  kWrite,    // Reading, and writing, making, renaming and removing files and sockets.
};

struct PathRule {
  std::string path;  // A file, or a directory with everything beneath it.
  FileAccess access = FileAccess::kRead;

  bool operator==(const PathRule&) const = default;
};

class Landlock {
 public:
  // The kernel's version of the interface; 0: it has none, or it is switched off.
  [[nodiscard]] static int abi();

  // Skips paths that do not exist or cannot be reached. REQUIRES: abi() > 0, and no_new_privileges(). Throws
  // std::system_error.
  static void restrict_to(const std::vector<PathRule>& rules);
};

// No program that is run from now on gains rights by set-user-ID or file capabilities (PR_SET_NO_NEW_PRIVS).
// Throws std::system_error.
void no_new_privileges();

}  // namespace pollux::server
