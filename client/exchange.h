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
#include "base/unique_fd.h"
#include "client/outcome.h"
#include "client/url.h"
#include "net/socket_address.h"

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
  bool fresh = false;  // Not on a connection that was used before.

  // From the task thread to the worker.
  bool reserved = false;  // An idle connection is kept for it.
  UniqueFd socket;        // Connecting to addresses[0].
  std::vector<net::SocketAddress> addresses;

  ClientConnection* connection = nullptr;  // The worker's: where it is.
  bool finished = false;                   // The worker's.

  // Relaxed: whoever sets it makes the worker look, by its queue.
  std::atomic<bool> cancelled{false};
};

// Shared between whoever holds it and the Ticket that can cancel it.
using ExchangePtr = std::shared_ptr<Exchange>;

// std::nullopt when the request can be sent; else why not. Fills in `url`.
[[nodiscard]] std::optional<Error> check(Exchange& exchange);

// The octets to be sent. REQUIRES: check() found nothing.
[[nodiscard]] std::string format_request(const Exchange& exchange);

// Whether after a request with these fields the connection must not be used again, whatever the server says
// (RFC 9112 9.6).
[[nodiscard]] bool asks_to_close(const HeaderFields& fields);

// Safe to be sent twice (RFC 9110 9.2.2).
[[nodiscard]] bool is_idempotent(std::string_view method);

// Turns it into the request that the redirect in exchange.response asks for. An error: it must not be
// followed. REQUIRES: is_redirect().
[[nodiscard]] std::optional<Error> follow_redirect(Exchange& exchange, unsigned max);
[[nodiscard]] bool is_redirect(const Response& response);

}  // namespace pollux::client
