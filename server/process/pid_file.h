// The file with the process id of the server (server.pid_file).
//
// It appears complete, by renaming. In an upgrade, the successor replaces it. So the predecessor, which ends
// later, finds another process's id in it and leaves it alone.
//
// Thread: the main thread's.
#pragma once

#include <string>

namespace pollux::server {

class PidFile {
 public:
  // Empty `path`: no file. Throws std::system_error with a message that names the path.
  explicit PidFile(std::string path);
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  ~PidFile();  // Removes the file if it holds our id.

 private:
  const std::string path_;  // Absolute.
};

}  // namespace pollux::server
