// Options of a client: timeouts, bounds, proxies, TLS. Values; any thread.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"
#include "client/response.h"

namespace pollux::client {

struct Timeouts {  // Of one stage each, then of all together, redirects and waiting included.
  milliseconds connect{5'000};
  milliseconds tls{10'000};
  milliseconds send{30'000};  // Of a BodySource: from one piece to the next.
  milliseconds head{30'000};  // From the request's end until the head is whole, however it drips.
  milliseconds body{60'000};  // To a BodySink: from one piece to the next.
  milliseconds total{120'000};
};

struct ClientOptions {
  bool worker = true;        // false: the program's own loop takes the worker thread's place (dispatch()).
  std::string ca_file;       // PEM: whom to trust; empty: the system's authorities.
  bool verify = true;        // Certificates and names.
  bool http2 = true;         // Is offered over TLS (ALPN); the server chooses.
  bool http2_plain = false;  // http:// is HTTP/2 as well: all servers asked must be known to speak it.
  bool decode = false;   // Asks for br, zstd and gzip, and decodes them. limits.body holds for the result.
  bool cookies = false;  // Keeps them and sends them back (client/cookie_jar.h).
  std::string proxy;     // "http://host:port"; empty: none. https goes through it by CONNECT.
  std::string proxy_authorization;  // The value of Proxy-Authorization; empty: none.
  Timeouts timeouts = {};
  ResponseLimits limits = {};      // Of one response.
  std::size_t queue = 65'536;      // Requests that wait.
  std::size_t in_flight = 8'192;   // Requests that do not: each may have a connection, or wait for one.
  std::size_t per_origin = 0;      // Connections to one origin at a time; 0: as many as there are requests.
  std::size_t idle = 256;          // Connections kept for further requests.
  milliseconds idle_time{15'000};  // For so long.
  unsigned redirects = 10;         // 0: they are responses like others.
};

}  // namespace pollux::client
