// Opens a listening socket.
//
// SO_REUSEADDR permits a port with connections in TIME_WAIT, though none on which somebody listens.
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
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 128) != 0) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
  }
  return fd;
}
