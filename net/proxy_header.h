// The header in which a load balancer names the client it has opened a connection for: the PROXY protocol,
// versions 1 and 2 (HAProxy, doc/proxy-protocol.txt, sections 2.1 and 2.2).
//
//   PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n                                    version 1, a line
//   \r\n\r\n\0\r\nQUIT\n  0x21  0x11  length  addresses, ports, extensions             version 2, binary
//
// It comes before everything else, TLS included, and once. It proves nothing: any peer can write one, so the
// peer must be trusted first.
//
// Octets in, a value out: no socket and no state, so an incomplete header is read again from its beginning.
// Its length is bounded, and the first wrong octet is enough to refuse it.
//
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "net/socket_address.h"

namespace pollux::net {

// Maximum length of a header, with the extensions (TLVs) of version 2. The protocol allows 64 KiB of them;
// load balancers send a few hundred octets.
inline constexpr std::size_t kMaxProxyHeader = 4096;

struct ProxyHeader {
  enum class State { kIncomplete, kComplete, kMalformed };

  State state = State::kIncomplete;
  std::size_t octets = 0;               // Length of a complete header; the client's own octets follow.
  std::optional<SocketAddress> client;  // std::nullopt: the peer of the connection speaks for itself, or for
                                        // somebody who has no IP address (LOCAL, UNKNOWN, AF_UNIX).
};

// Reads the header at the beginning of `octets`. Extensions are skipped.
[[nodiscard]] ProxyHeader read_proxy_header(std::string_view octets);

}  // namespace pollux::net
