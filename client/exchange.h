// One request on its way, and all that is known about it.
//
// Thread: held by one thread at a time: the sender's, the task thread, the worker. Hand-over is by their
// queues, whose locks order it. Only `cancelled` is looked at by all.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "client/outcome.h"
#include "client/url.h"
#include "net/socket_address.h"
#include "timer/timing_wheel.h"

namespace pollux::client {

struct Request {
  std::string method = "GET";
  std::string url;
  HeaderFields fields;  // Host and Content-Length are added.
  std::string body;
};

struct Timeouts {  // Of one stage each, then of all together, redirects and waiting included.
  milliseconds connect{5'000};
  milliseconds tls{10'000};
  milliseconds send{30'000};
  milliseconds head{30'000};  // From the request's end until the head is whole, however it drips.
  milliseconds body{60'000};
  milliseconds total{120'000};
};

class ClientConnection;

struct Exchange {
  Request request;
  Url url;
  std::function<void(Outcome)> on_outcome;
  TimePoint deadline;  // Of all together.

  Response response;
  bool fresh = false;        // Not on a kept connection of HTTP/1.1: one such was gone.
  std::uint8_t repeats = 0;  // How often a server has not looked at it.

  std::vector<net::SocketAddress> addresses;  // From the task thread to the worker.

  ClientConnection* connection = nullptr;                    // The worker's: where it is.
  Timer timer{[this](TimePoint now) { on_deadline(now); }};  // The worker's; armed while it is there.
  bool finished = false;                                     // The worker's.

  // Relaxed: whoever sets it makes the worker look, by its queue.
  std::atomic<bool> cancelled{false};

  void on_deadline(TimePoint now);  // Of its stage, or of all together. The worker's.
};

// Shared between whoever holds it and the Ticket that can cancel it.
using ExchangePtr = std::shared_ptr<Exchange>;

// std::nullopt when the request can be sent; else why not. Fills in `url`.
[[nodiscard]] std::optional<Error> check(Exchange& exchange);

// Safe to be sent twice (RFC 9110 9.2.2).
[[nodiscard]] bool is_idempotent(std::string_view method);

// Turns it into the request that the redirect in exchange.response asks for. An error: it must not be
// followed. REQUIRES: is_redirect().
[[nodiscard]] std::optional<Error> follow_redirect(Exchange& exchange, unsigned max);
[[nodiscard]] bool is_redirect(const Response& response);

}  // namespace pollux::client
