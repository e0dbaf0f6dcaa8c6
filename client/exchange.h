// One request on its way, and all that is known about it.
//
// Thread: held by one thread at a time: the sender's, the task thread, the worker. Hand-over is by their
// queues, whose locks order it. Only `cancelled` is looked at by all, and the worker may call `on_outcome`
// and mark it `finished` while the task thread has it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "client/delivery.h"
#include "client/outcome.h"
#include "client/request.h"
#include "client/upload.h"
#include "client/url.h"
#include "net/socket_address.h"
#include "timer/timing_wheel.h"

namespace pollux::client {

struct Exchange;

// Has an exchange on the worker: a connection, or the room for those that wait for one.
class ExchangeHolder {
 public:
  // By its caller, or for want of time. REQUIRES: it is held here.
  virtual void end(const Exchange& exchange, ErrorKind kind, const std::string& reason) = 0;
  // Its BodySource or its BodySink is to go on.
  virtual void resume(const Exchange& exchange) = 0;

 protected:
  ~ExchangeHolder() = default;
};

struct Exchange {
  Request request;
  Url url;
  std::function<void(Outcome)> on_outcome;
  TimePoint deadline;  // Of all together.

  Response response;
  Delivery delivery;      // Of the response's content.
  Upload upload;          // Of the request's body, where a source makes it.
  bool decodes = false;   // Content codings.
  bool redirects = true;  // They are followed.
  std::string cookie;     // Of the jar, for this URL; empty: none.
  // Of a proxy that is asked for the whole URL (RFC 9112 3.2.2).
  bool by_proxy = false;
  std::string proxy_authorization;

  bool fresh = false;        // Not on a kept connection of HTTP/1.1: one such was gone.
  std::uint8_t repeats = 0;  // How often a server has not looked at it.

  std::vector<net::SocketAddress> addresses;  // From the task thread to the worker.

  ExchangeHolder* holder = nullptr;                          // The worker's: where it is.
  Timer timer{[this](TimePoint now) { on_deadline(now); }};  // The worker's; armed while it is there.
  bool finished = false;                                     // The worker's.

  // Relaxed: whoever sets it makes the worker look, by its queue.
  std::atomic<bool> cancelled{false};

  void on_deadline(TimePoint now);  // Of its stage, or of all together. The worker's.
  void begin_upload() { upload = Upload(request.source.get()); }
  void begin_delivery(std::uint64_t max_body);  // The head of the response is there.
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
