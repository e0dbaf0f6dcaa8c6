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

// Of a socket that listens already: its backlog, and whether it is deferred. Does not throw: it is not worth
// more than a try.
void adjust(int socket, const ListenOptions& options);

// From now on, another one may be bound with `reuse_port` to an address that includes its own.
void allow_others(int socket);

// The same as listen_on() for a socket that listens already: it was bound by others. Throws
// std::system_error.
void take_over(int socket, const ListenOptions& options);

}  // namespace pollux::net
