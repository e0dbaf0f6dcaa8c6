// Makes listening sockets; net/acceptor.h accepts on them.
//
// Thread: any.
#pragma once

#include "base/unique_fd.h"
#include "net/socket_address.h"

namespace pollux::net {

struct ListenOptions {
  int backlog = 4096;       // listen(2); the kernel cuts it to net.core.somaxconn.
  bool deferred = false;    // Report a client only when its first octets have arrived (TCP_DEFER_ACCEPT).
  bool reuse_port = false;  // Share the address; the kernel distributes the clients (SO_REUSEPORT).
};

// Binds and listens. Throws std::system_error: address in use, not permitted, not of this machine…
[[nodiscard]] UniqueFd listen_on(const SocketAddress& address, const ListenOptions& options);

// Adjusts the backlog and the deferring of a socket that listens already. Failures are ignored.
void adjust(int socket, const ListenOptions& options);

// From now on, another socket may be bound with `reuse_port` to an address that includes this one's.
void allow_others(int socket);

// listen_on() for a socket that another process has bound and that listens already. Throws std::system_error.
void take_over(int socket, const ListenOptions& options);

}  // namespace pollux::net
