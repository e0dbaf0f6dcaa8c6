// Opens a listening socket.
//
// This version works once, on a machine where nothing goes wrong. A server has to start again on the same
// port while connections of its last run are still in TIME_WAIT, to hold more clients than five until it
// accepts them, to keep its socket out of the programs it starts, and to say what went wrong without leaking
// a descriptor. Mend open_listener().
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

// Listens on 127.0.0.1:`port` (0: one that the kernel chooses), for 128 clients that wait to be accepted.
// Returns the descriptor, which a program started by exec(3) does not inherit; or -1, with errno as the call
// that failed has left it, and nothing stays open. Another server that listens on the port is such a failure
// (EADDRINUSE).
inline int open_listener(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = port;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
  ::listen(fd, 5);
  return fd;
}
