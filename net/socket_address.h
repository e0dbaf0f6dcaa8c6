// An IPv4 or IPv6 address with a port, in the form of the socket calls; or the mark of a Unix socket's client
// (unix(7)), of which nothing else is known.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::net {

class SocketAddress {
 public:
  SocketAddress() = default;

  // Numeric only: "127.0.0.1:8080" or "[::1]:8080". std::nullopt for anything else.
  [[nodiscard]] static std::optional<SocketAddress> parse(std::string_view text);

  // The same from host and port: "127.0.0.1", "::1".
  [[nodiscard]] static std::optional<SocketAddress> of_host(std::string_view host, std::uint16_t port);

  // From the 4 octets of an IPv4 address, or the 16 of an IPv6 address, in network order.
  [[nodiscard]] static SocketAddress of_octets(std::string_view octets, std::uint16_t port);

  // The local address of a bound socket.
  [[nodiscard]] static SocketAddress of_socket(int fd);

  // The address at the other end of a connected socket; family AF_UNSPEC when it is not connected any more.
  [[nodiscard]] static SocketAddress of_peer(int fd);

  [[nodiscard]] int family() const { return address_.generic.sa_family; }
  [[nodiscard]] std::uint16_t port() const;
  // "127.0.0.1", "::1"; an IPv4-mapped address as IPv4; or kUnixClient.
  [[nodiscard]] std::string host() const;
  [[nodiscard]] std::string to_string() const;  // In the form that parse() reads; or kUnixClient.

  // The number that tells clients apart: the address for IPv4, the /64 for IPv6. The two do not collide: the
  // first 32 bits of IPv6 addresses in use are not all zero, except for the loopback and IPv4 in IPv6 form.
  // All clients of Unix sockets have the same number.
  [[nodiscard]] std::uint64_t network() const;

  // For bind(2), accept4(2) and the like.
  [[nodiscard]] sockaddr* data() { return &address_.generic; }
  [[nodiscard]] const sockaddr* data() const { return &address_.generic; }
  [[nodiscard]] socklen_t size() const;
  [[nodiscard]] static constexpr socklen_t capacity() { return sizeof(sockaddr_in6); }

 private:
  union {
    sockaddr generic;
    sockaddr_in v4;
    sockaddr_in6 v6 = {};
  } address_;
};

}  // namespace pollux::net
