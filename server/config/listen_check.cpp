#include "server/config/listen_check.h"

#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "net/socket_address.h"
#include "net/unix_listener.h"

namespace pollux::server {

namespace {

bool every_address(const ListenAddress& address) {
  return address.host == (address.ipv6() ? "::" : "0.0.0.0");
}

// With the options of the server's own sockets (acceptor.cpp): lingering connections of an earlier run are no
// obstacle.
void set(int socket, int level, int option) {
  constexpr int kOn = 1;
  (void)::setsockopt(socket, level, option, &kOn, sizeof kOn);
}

}  // namespace

std::vector<NamedAddress> addresses_of(const Config& config) {
  std::vector<NamedAddress> addresses;
  for (const ListenAddress& address : config.server.listen) addresses.push_back({"server.listen", address});
  for (const ListenAddress& address : config.tls.listen) addresses.push_back({"tls.listen", address});
  for (const ListenAddress& address : config.status.listen) addresses.push_back({"status.listen", address});
  return addresses;
}

bool overlap(const ListenAddress& a, const ListenAddress& b) {
  if (a.is_unix() || b.is_unix()) return a.same_place(b);
  if (a.port == 0 || a.port != b.port || a.ipv6() != b.ipv6()) return false;
  return a.host == b.host || every_address(a) || every_address(b);
}

std::optional<std::string> taken(const ListenAddress& where) {
  if (where.is_unix()) {
    const auto obstacle = net::UnixListener::obstacle(where.path);
    return obstacle ? std::optional(fmt::format("cannot listen on {} now: {}", where.text(), *obstacle))
                    : std::nullopt;
  }
  const auto address = net::SocketAddress::parse(where.text());
  if (where.port == 0 || !address) return std::nullopt;
  const UniqueFd socket(::socket(where.ipv6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fmt::format("cannot listen on {}: {}", where.text(), std::strerror(errno));
  set(socket.get(), SOL_SOCKET, SO_REUSEADDR);
  if (where.ipv6()) set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(socket.get(), address->data(), address->size()) == 0) return std::nullopt;
  return fmt::format("cannot listen on {} now: {}", where.text(), std::strerror(errno));
}

}  // namespace pollux::server
