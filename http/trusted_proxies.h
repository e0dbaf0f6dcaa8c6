// The proxies that the server believes about their clients (server.trusted_proxies).
//
//   X-Forwarded-For: 192.0.2.66, 203.0.113.9, 10.0.0.2
//
// means the client 203.0.113.9 if 10.0.0.2 is a trusted proxy.
//
// Each proxy appends the address of its own client, so only the addresses that trusted proxies appended can
// be believed. The list is read from its end, up to the first address that is not a trusted proxy's. All
// addresses before it may be forged. Forwarded (http/forwarded.h) is read in the same way.
//
// The configuration must name the field that the proxies write: they pass the other one on as their clients
// have forged it.
//
// Thread: any. Constant after construction.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip_network.h"
#include "http/forwarded.h"

namespace pollux::http {

class TrustedProxies {
 public:
  enum class Field : std::uint8_t { kXForwardedFor, kForwarded };  // The former with X-Forwarded-Proto.

  // `unix_clients`: every client of our Unix sockets is a trusted proxy (kUnixClient).
  explicit TrustedProxies(std::vector<IpNetwork> networks, bool unix_clients = false,
                          Field field = Field::kXForwardedFor)
      : networks_(std::move(networks)), unix_clients_(unix_clients), field_(field) {}

  [[nodiscard]] Field field() const { return field_; }

  [[nodiscard]] bool include(std::string_view address) const;

  // The client by the X-Forwarded-For of a trusted proxy's request. Empty: the field names none.
  [[nodiscard]] std::string_view client_of(std::string_view forwarded_for) const;

  // The same by Forwarded, with the scheme that the client used.
  [[nodiscard]] ForwardedElement read_forwarded(std::string_view forwarded) const;

 private:
  [[nodiscard]] bool include(const IpAddress& address) const;

  const std::vector<IpNetwork> networks_;
  const bool unix_clients_;
  const Field field_;
};

}  // namespace pollux::http
