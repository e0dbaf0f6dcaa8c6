#include "http/trusted_proxies.h"

#include <algorithm>

#include "http/lists.h"

namespace pollux::http {

bool TrustedProxies::include(const IpAddress& address) const {
  return std::any_of(networks_.begin(), networks_.end(),
                     [&address](const IpNetwork& network) { return network.contains(address); });
}

bool TrustedProxies::include(std::string_view address) const {
  if (address == kUnixClient) return unix_clients_;
  if (networks_.empty()) return false;
  const auto parsed = IpAddress::parse(address);
  return parsed && include(*parsed);
}

std::string_view TrustedProxies::client_of(std::string_view forwarded_for) const {
  std::string_view client;
  for (;;) {
    const std::size_t comma = forwarded_for.rfind(',');
    const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
    const std::string_view element = trim_ows(forwarded_for.substr(begin));
    const auto address = IpAddress::parse(element);
    if (!address) return client;
    client = element;
    if (begin == 0 || !include(*address)) return client;
    forwarded_for = forwarded_for.substr(0, comma);
  }
}

ForwardedElement TrustedProxies::read_forwarded(std::string_view forwarded) const {
  ForwardedElement result;
  ForwardedReader elements(forwarded);
  while (const auto element = elements.previous()) {
    if (!element->scheme.empty()) result.scheme = element->scheme;
    const auto address = IpAddress::parse(element->client);
    if (!address) return result;
    result.client = element->client;
    if (!include(*address)) return result;
  }
  return result;
}

}  // namespace pollux::http
