// Listening sockets that were open before this program was started: those of a service manager
// (systemd.socket(5), sd_listen_fds(3)), which are descriptors from 3 on.
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
  std::string name;   // As the service manager calls it (FileDescriptorName=).
  std::string place;  // Where a predecessor had it (listening_sockets.h); empty: there was none.
};

// What LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say, for the process `pid`: the name of each descriptor.
// None if they are not meant for it. Throws std::runtime_error if they contradict each other.
struct ListenVariables {
  std::string_view pid;
  std::string_view count;
  std::string_view names;
};
[[nodiscard]] std::vector<std::string> descriptor_names(const ListenVariables& variables, int pid);

// Takes the sockets, and the variables out of the environment. Descriptors that do not listen for TCP are
// closed, which the log says.
[[nodiscard]] std::vector<InheritedSocket> sockets_of_environment();

}  // namespace pollux::server
