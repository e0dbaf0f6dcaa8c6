// Options of a client: timeouts, bounds, proxies, TLS. Values; any thread.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"
#include "client/response.h"

namespace pollux::client {

struct Timeouts {  // Of each stage, then of all together, redirects and waiting included.
  milliseconds connect{5'000};
  milliseconds tls{10'000};
  milliseconds send{30'000};  // With a BodySource: from one piece to the next.
  milliseconds head{30'000};  // From the request's end until the head is complete, however slowly it drips.
  milliseconds body{60'000};  // With a BodySink: from one piece to the next.
  milliseconds total{120'000};
};

struct ClientOptions {
  bool worker = true;        // false: the program's own loop replaces the worker thread (dispatch()).
  std::string ca_file;       // PEM: the trusted authorities; empty: the system's.
  bool verify = true;        // Check certificates and names.
  bool http2 = true;         // Offer it over TLS (ALPN); the server chooses.
  bool http2_plain = false;  // http:// means HTTP/2 as well: every server must be known to speak it.
  bool decode = false;       // Ask for br, zstd and gzip, and decode them. limits.body applies to the result.
  bool cookies = false;      // Keep them and send them back (client/cookie_jar.h).
  std::string proxy;         // "http://host:port"; empty: none. https goes through it by CONNECT.
  std::string proxy_authorization;  // The value of Proxy-Authorization; empty: none.
  Timeouts timeouts = {};
  ResponseLimits limits = {};      // For one response.
  std::size_t queue = 65'536;      // Maximum of waiting requests.
  std::size_t in_flight = 8'192;   // Maximum of other requests: each may have a connection, or wait for one.
  std::size_t per_origin = 0;      // Maximum of simultaneous connections to one origin; 0: one per request.
  std::size_t idle = 256;          // Connections kept for further requests.
  milliseconds idle_time{15'000};  // How long they are kept.
  unsigned redirects = 10;         // 0: redirects are returned like other responses.
};

}  // namespace pollux::client
