// The header by which a balancer says for which client it has opened a connection: the PROXY protocol,
// versions 1 and 2 (HAProxy, doc/proxy-protocol.txt, sections 2.1 and 2.2).
//
//   PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n                                    version 1, a line
//   \r\n\r\n\0\r\nQUIT\n  0x21  0x11  length  addresses, ports, extensions             version 2, binary
//
// It comes before everything else, TLS included, and once. It proves nothing: whoever may connect may write
// one, so the peer has to be trusted first.
//
// Octets in, a value out: no socket and no state, so a header that is not whole is read again from its
// beginning. It is bounded, and the first octet that is wrong is enough to refuse it.
//
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "net/socket_address.h"

namespace pollux::net {

// Octets of the longest header that is read, the extensions (TLVs) of version 2 included. The protocol allows
// 64 KiB of those; what balancers send are a few hundred.
inline constexpr std::size_t kMaxProxyHeader = 4096;

struct ProxyHeader {
  enum class State { kIncomplete, kComplete, kMalformed };

  State state = State::kIncomplete;
  std::size_t octets = 0;               // Of the header, when it is complete: what follows is the client's.
  std::optional<SocketAddress> client;  // std::nullopt: the peer of the connection speaks for itself, or for
                                        // somebody who has no IP address (LOCAL, UNKNOWN, AF_UNIX).
};

// The header that `octets` begin with. Extensions are skipped.
[[nodiscard]] ProxyHeader read_proxy_header(std::string_view octets);

}  // namespace pollux::net
