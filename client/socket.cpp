#include "client/socket.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace pollux::client {

Resolved resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) return {{}, ::gai_strerror(error)};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
  Resolved resolved;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_addrlen > net::SocketAddress::capacity()) continue;
    std::memcpy(resolved.addresses.emplace_back().data(), entry->ai_addr, entry->ai_addrlen);
  }
  if (resolved.addresses.empty()) resolved.error = "no address of a kind we know";
  return resolved;
}

Connecting start_connecting(const net::SocketAddress& to, const net::SocketAddress* source) {
  Connecting result;
  result.fd.reset(::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = result.fd.get();
  const int on = 1;
  bool good = fd >= 0 && ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
  if (good && source != nullptr) {
    // The port is chosen by connect(), so that one address serves more than 64k connections to different
    // places.
    good = ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) == 0 &&
           ::bind(fd, source->data(), source->size()) == 0;
  }
  good = good && (::connect(fd, to.data(), to.size()) == 0 || errno == EINPROGRESS);
  if (!good) {
    result.error = errno;
    result.fd.reset();
  }
  return result;
}

int socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace pollux::client
