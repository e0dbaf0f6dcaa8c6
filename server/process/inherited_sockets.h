// Listening sockets that were open before this program started: a service manager (systemd.socket(5),
// sd_listen_fds(3)) passes them as descriptors from 3 on.
//
// Thread: main thread, at the start.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "net/socket_address.h"

namespace pollux::server {

struct InheritedSocket {
  UniqueFd fd;
  std::string name;   // The service manager's name for it (FileDescriptorName=).
  std::string place;  // Its place at a predecessor (listening_sockets.h); empty: there was none.
};

// The meaning of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES for the process `pid`: the name of each
// descriptor. None if they are meant for another process. Throws std::runtime_error if they contradict each
// other.
struct ListenVariables {
  std::string_view pid;
  std::string_view count;
  std::string_view names;
};
[[nodiscard]] std::vector<std::string> descriptor_names(const ListenVariables& variables, int pid);

// Takes over the sockets, and removes the variables from the environment. Descriptors that do not listen for
// TCP are closed, and the log says so.
[[nodiscard]] std::vector<InheritedSocket> sockets_of_environment();

}  // namespace pollux::server
