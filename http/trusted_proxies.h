// The proxies whose word counts about who their clients are (server.trusted_proxies).
//
//   X-Forwarded-For: 192.0.2.66, 203.0.113.9, 10.0.0.2
//
// comes from 203.0.113.9 if 10.0.0.2 is one of them.
//
// Each proxy appends the address it was asked from, so only what trusted ones have appended is to be
// believed: the list is read from its end, up to the first address that is not theirs. All before it may be
// made up.
//
// Thread: any. Constant after construction.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/ip_network.h"

namespace pollux::http {

class TrustedProxies {
 public:
  explicit TrustedProxies(std::vector<IpNetwork> networks) : networks_(std::move(networks)) {}

  [[nodiscard]] bool include(std::string_view address) const;

  // The client, by the X-Forwarded-For of a request that one of the proxies has sent. Empty: it does not say.
  [[nodiscard]] std::string_view client_of(std::string_view forwarded_for) const;

 private:
  [[nodiscard]] bool include(const IpAddress& address) const;

  const std::vector<IpNetwork> networks_;
};

}  // namespace pollux::http
