// The parts that all HTTP sessions of one kind of listener share.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

#include "http/body_pace.h"
#include "http/hosts.h"
#include "http/rate_limit.h"
#include "http/request.h"
#include "http/request_parser.h"
#include "http/trusted_proxies.h"

namespace pollux::http {

// Constant after construction. Outlives every session.
struct Service {
  const Hosts& hosts;
  ParserLimits limits;
  BodyPace::Limits body_pace;
  std::size_t keepalive_requests = 1000;  // Maximum on one connection, which is then closed.
  bool secure = false;                    // The requests come through TLS.
  bool proxied = false;                   // Load balancers connect, and name their clients.
  const TrustedProxies& proxies;
  RateLimit* rate_limit = nullptr;  // By client; nullptr: no limit.
  std::string secure_fields;        // Header lines of every response over https, each ended by CRLF.

  // Set once, when the server shuts down: every response from then on ends its connection. Relaxed:
  // ConnectionSet::drain() ends a session that sees it late, when it is idle.
  const std::atomic<bool>& draining;

  // Header lines for every response. `request`: nullptr when it could not be parsed.
  [[nodiscard]] std::string_view fields_for(const Request* request) const {
    return secure || (request != nullptr && request->secure) ? std::string_view(secure_fields)
                                                             : std::string_view();
  }
};

}  // namespace pollux::http
