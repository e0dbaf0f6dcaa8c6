#include "net/socket_address.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>

#include "base/ip_network.h"

namespace pollux::net {

std::optional<SocketAddress> SocketAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view port_text = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || end != port_text.data() + port_text.size()) return std::nullopt;

  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto result = of_host(host, port);
  if (!result || (result->family() == AF_INET6) != bracketed) return std::nullopt;
  return result;
}

std::optional<SocketAddress> SocketAddress::of_host(std::string_view host, std::uint16_t port) {
  if (host.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(host);
  std::array<char, sizeof(in6_addr)> octets{};
  if (::inet_pton(AF_INET, terminated.c_str(), octets.data()) == 1)
    return of_octets({octets.data(), sizeof(in_addr)}, port);
  if (::inet_pton(AF_INET6, terminated.c_str(), octets.data()) == 1)
    return of_octets({octets.data(), octets.size()}, port);
  return std::nullopt;
}

SocketAddress SocketAddress::of_octets(std::string_view octets, std::uint16_t port) {
  SocketAddress result;
  if (octets.size() == sizeof(in_addr)) {
    result.address_.v4.sin_family = AF_INET;
    result.address_.v4.sin_port = htons(port);
    std::memcpy(&result.address_.v4.sin_addr, octets.data(), sizeof(in_addr));
  } else {
    result.address_.v6.sin6_family = AF_INET6;
    result.address_.v6.sin6_port = htons(port);
    std::memcpy(&result.address_.v6.sin6_addr, octets.data(), sizeof(in6_addr));
  }
  return result;
}

SocketAddress SocketAddress::of_socket(int fd) {
  SocketAddress result;
  socklen_t length = capacity();
  (void)::getsockname(fd, result.data(), &length);
  return result;
}

SocketAddress SocketAddress::of_peer(int fd) {
  SocketAddress result;
  socklen_t length = capacity();
  (void)::getpeername(fd, result.data(), &length);
  return result;
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_UNIX) return 0;
  return ntohs(family() == AF_INET6 ? address_.v6.sin6_port : address_.v4.sin_port);
}

std::string SocketAddress::host() const {
  if (family() == AF_UNIX) return std::string(kUnixClient);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() != AF_INET6) {
    ::inet_ntop(AF_INET, &address_.v4.sin_addr, text.data(), text.size());
  } else if (IN6_IS_ADDR_V4MAPPED(&address_.v6.sin6_addr)) {
    ::inet_ntop(AF_INET, &address_.v6.sin6_addr.s6_addr[12], text.data(), text.size());
  } else {
    ::inet_ntop(AF_INET6, &address_.v6.sin6_addr, text.data(), text.size());
  }
  return text.data();
}

std::string SocketAddress::to_string() const {
  if (family() == AF_UNIX) return host();
  const std::string name = host();
  return (name.find(':') == std::string::npos ? name : "[" + name + "]") + ":" + std::to_string(port());
}

std::uint64_t SocketAddress::network() const {
  if (family() == AF_UNIX) return 0;  // No client has the address 0.0.0.0.
  if (family() != AF_INET6) return ntohl(address_.v4.sin_addr.s_addr);
  const auto& octets = address_.v6.sin6_addr.s6_addr;
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&address_.v6.sin6_addr);
  std::uint64_t network = 0;
  for (std::size_t i = mapped ? 12 : 0; i < (mapped ? 16U : 8U); ++i) network = network << 8U | octets[i];
  return network;
}

socklen_t SocketAddress::size() const {
  return family() == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

}  // namespace pollux::net
