#include "net/listening_socket.h"

#include <fcntl.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <system_error>

namespace pollux::net {

namespace {

// Octets that the kernel keeps for a client that does not read. The kernel's own limit, net.ipv4.tcp_wmem, is
// 4 MiB: a thousand clients that ask for large files and never read would take the memory of all TCP.
constexpr int kUnsent = 256 * 1024;

// Seconds after which even a silent client is accepted.
constexpr int kDefer = 1;

void set_option(int fd, int level, int option, int value = 1) {
  if (::setsockopt(fd, level, option, &value, sizeof value) != 0) {
    throw std::system_error(errno, std::system_category(), "setsockopt");
  }
}

// The options that accepted sockets inherit, and how they are accepted.
void set_options(int fd, const ListenOptions& options) {
  // The end of a response never waits for the client's acknowledgement.
  set_option(fd, IPPROTO_TCP, TCP_NODELAY);
  set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsent);
  set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, options.deferred ? kDefer : 0);
}

}  // namespace

UniqueFd listen_on(const SocketAddress& address, const ListenOptions& options) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) throw std::system_error(errno, std::system_category(), "socket");
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  if (options.reuse_port) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  set_options(fd.get(), options);
  // Allows listening on [::] and 0.0.0.0 side by side.
  if (address.family() == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(fd.get(), address.data(), address.size()) != 0 || ::listen(fd.get(), options.backlog) != 0) {
    throw std::system_error(errno, std::system_category(), "cannot listen on " + address.to_string());
  }
  return fd;
}

void adjust(int socket, const ListenOptions& options) {
  const int seconds = options.deferred ? kDefer : 0;
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
  (void)::listen(socket, options.backlog);
}

void allow_others(int socket) {
  constexpr int kOn = 1;
  (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &kOn, sizeof kOn);
}

void take_over(int socket, const ListenOptions& options) {
  const SocketAddress address = SocketAddress::of_socket(socket);
  if (address.family() != AF_UNIX) set_options(socket, options);
  const int flags = ::fcntl(socket, F_GETFL);
  if (flags < 0 || ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(socket, F_SETFD, FD_CLOEXEC) != 0 || ::listen(socket, options.backlog) != 0) {
    throw std::system_error(errno, std::system_category(), "cannot listen on " + address.to_string());
  }
}

}  // namespace pollux::net
