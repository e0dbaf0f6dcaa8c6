// IP addresses, and networks in the notation of configurations: "192.0.2.0/24", "2001:db8::/32".
//
// There is one kind of address: IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 2.5.5.2). Sockets for both
// families may report it in this form, too.
//
// Values only; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pollux {

// Stands for the address of a Unix socket's client, which has none.
inline constexpr std::string_view kUnixClient = "unix:";

class IpAddress {
 public:
  // "192.0.2.7", "2001:db8::1". std::nullopt for anything else, a port or brackets included.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_loopback() const;

  // The octets that tell clients apart: those of the address for IPv4, those of the /64 for IPv6, which is
  // the smallest network a customer is given.
  [[nodiscard]] std::string_view client_octets() const;
  // The same as a number.
  [[nodiscard]] std::uint64_t network() const;

  bool operator==(const IpAddress&) const = default;

 private:
  friend class IpNetwork;

  [[nodiscard]] bool is_ipv4() const;

  std::array<unsigned char, 16> octets_{};
};

class IpNetwork {
 public:
  // An address, which is a network of one, or ADDRESS/BITS. Bits after the first BITS are ignored.
  [[nodiscard]] static std::optional<IpNetwork> parse(std::string_view text);

  [[nodiscard]] bool contains(const IpAddress& address) const;

  bool operator==(const IpNetwork&) const = default;

 private:
  IpAddress address_;
  unsigned bits_ = 128;  // Bits of the mapped address.
};

// The key under which a client is counted: client_octets() of an address; any other text unchanged.
[[nodiscard]] std::string client_key(std::string_view address);

}  // namespace pollux
