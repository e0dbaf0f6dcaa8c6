// The file with the process id of the server (server.pid_file).
//
// It appears as a whole, by renaming. The successor in an upgrade writes it anew; so its predecessor, which
// ends later, finds another's id in it and leaves it.
//
// Thread: the main thread's.
#pragma once

#include <string>

namespace pollux::server {

class PidFile {
 public:
  // Empty: none. Throws std::system_error with a message that names the path.
  explicit PidFile(std::string path);
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  ~PidFile();  // Removes it, if it holds our id.

 private:
  const std::string path_;  // Absolute.
};

}  // namespace pollux::server
