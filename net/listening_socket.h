// Makes sockets that listen; net/acceptor.h accepts on them.
//
// Thread: any.
#pragma once

#include "base/unique_fd.h"
#include "net/socket_address.h"

namespace pollux::net {

struct ListenOptions {
  int backlog = 4096;       // listen(2); the kernel cuts it to net.core.somaxconn.
  bool deferred = false;    // Accept a client when its first octets are there (TCP_DEFER_ACCEPT).
  bool reuse_port = false;  // Several listeners on one address, and the kernel deals out (SO_REUSEPORT).
};

// Binds and listens. Throws std::system_error: address in use, not permitted, not of this machine…
[[nodiscard]] UniqueFd listen_on(const SocketAddress& address, const ListenOptions& options);

// The same for a TCP socket that listens already: it was bound by others. Throws std::system_error.
void take_over(int socket, const ListenOptions& options);

}  // namespace pollux::net
