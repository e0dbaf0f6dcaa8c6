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
  std::size_t keepalive_requests = 1000;  // On one connection; then it is closed.
  bool secure = false;                    // What is served came through TLS.
  bool proxied = false;                   // All connections are a balancer's, which says who its client is.
  const TrustedProxies& proxies;
  RateLimit* rate_limit = nullptr;  // nullptr: there is none. Of requests, by client.
  std::string secure_fields;        // Header lines of every answer over https, each ended by CRLF.

  // Set once, when the server shuts down: every answer from then on ends its connection.
  // Relaxed: a session that sees it late is ended by ConnectionSet::drain() when it is idle.
  const std::atomic<bool>& draining;

  // Header lines of the answer. `request`: nullptr when it could not be understood.
  [[nodiscard]] std::string_view fields_for(const Request* request) const {
    return secure || (request != nullptr && request->secure) ? std::string_view(secure_fields)
                                                             : std::string_view();
  }
};

}  // namespace pollux::http
