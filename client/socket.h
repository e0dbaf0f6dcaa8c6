// Names to addresses, and sockets that connect without blocking.
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
  std::string error;                          // Why there are none.
};

// By getaddrinfo(3): blocks for as long as the system's resolver takes, not at all for numeric addresses.
[[nodiscard]] Resolved resolve(const std::string& host, std::uint16_t port);

struct Connecting {
  UniqueFd fd;    // Invalid: `error` says why.
  int error = 0;  // errno.
};

// A socket on its way: connected or not is seen by EPOLLOUT and socket_error(). `source`: where it comes
// from; may be null.
[[nodiscard]] Connecting start_connecting(const net::SocketAddress& to,
                                          const net::SocketAddress* source = nullptr);

// SO_ERROR: 0 when all is well.
[[nodiscard]] int socket_error(int fd);

}  // namespace pollux::client
