// The proxies whose word counts about who their clients are (server.trusted_proxies).
//
//   X-Forwarded-For: 192.0.2.66, 203.0.113.9, 10.0.0.2
//
// comes from 203.0.113.9 if 10.0.0.2 is one of them.
//
// Each proxy appends the address it was asked from, so only what trusted ones have appended is to be
// believed: the list is read from its end, up to the first address that is not theirs. All before it may be
// made up. Forwarded (http/forwarded.h) is read alike.
//
// Which of the two fields they write has to be said: the other one is passed on as their clients have made it
// up.
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

  // `unix_clients`: whoever may connect to our Unix sockets is one of them (kUnixClient).
  explicit TrustedProxies(std::vector<IpNetwork> networks, bool unix_clients = false,
                          Field field = Field::kXForwardedFor)
      : networks_(std::move(networks)), unix_clients_(unix_clients), field_(field) {}

  [[nodiscard]] Field field() const { return field_; }

  [[nodiscard]] bool include(std::string_view address) const;

  // The client, by the X-Forwarded-For of a request that one of the proxies has sent. Empty: it does not say.
  [[nodiscard]] std::string_view client_of(std::string_view forwarded_for) const;

  // The same by Forwarded, with the scheme that the client has used.
  [[nodiscard]] ForwardedElement read_forwarded(std::string_view forwarded) const;

 private:
  [[nodiscard]] bool include(const IpAddress& address) const;

  const std::vector<IpNetwork> networks_;
  const bool unix_clients_;
  const Field field_;
};

}  // namespace pollux::http
