// What all HTTP sessions of a server share.
#pragma once

#include <atomic>
#include <cstddef>

#include "http/access_log.h"
#include "http/error_pages.h"
#include "http/handler.h"
#include "http/request_parser.h"

namespace pollux::http {

// Constant after construction, but for `draining`. Outlives every session.
struct Service {
  const Router& router;
  const ErrorPages& errors;
  AccessLog* access_log = nullptr;  // nullptr: none is kept.
  ParserLimits limits;
  std::size_t keepalive_requests = 1000;  // On one connection; then it is closed.

  // Set once, when the server shuts down: every answer from then on ends its connection.
  // Relaxed: a session that sees it late is ended by ConnectionSet::drain() when it is idle.
  std::atomic<bool> draining{false};
};

}  // namespace pollux::http
