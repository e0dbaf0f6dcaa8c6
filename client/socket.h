// Resolves names to addresses, and makes sockets that connect without blocking.
//
// Thread: any.
#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "net/socket_address.h"

namespace pollux::client {

struct Resolved {
  std::vector<net::SocketAddress> addresses;  // In the system's order of preference.
  std::string error;                          // The reason for having none.
};

// Uses getaddrinfo(3): blocks as long as the system's resolver takes, but not for numeric addresses.
[[nodiscard]] Resolved resolve(const std::string& host, std::uint16_t port);

struct Connecting {
  UniqueFd fd;    // Invalid: `error` has the reason.
  int error = 0;  // errno.
};

// Begins to connect; EPOLLOUT and socket_error() show the result. `source`: the local address; may be
// nullptr.
[[nodiscard]] Connecting start_connecting(const net::SocketAddress& to,
                                          const net::SocketAddress* source = nullptr);

// SO_ERROR; 0: success.
[[nodiscard]] int socket_error(int fd);

}  // namespace pollux::client
