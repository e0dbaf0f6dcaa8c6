// One request in progress, with all its state.
//
// Thread: held by one thread at a time: the sender's, the task thread, the worker. It passes between them in
// queues, whose locks order the accesses. Only `cancelled` is used by all of them. The worker may also call
// `on_outcome` and set `finished` while the task thread holds it.
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

// Holds an exchange on the worker: a connection, or the waiting room.
class ExchangeHolder {
 public:
  // Ends it, by its caller or for lack of time. REQUIRES: it is held here.
  virtual void end(const Exchange& exchange, ErrorKind kind, const std::string& reason) = 0;
  // Its BodySource or BodySink goes on.
  virtual void resume(const Exchange& exchange) = 0;

 protected:
  ~ExchangeHolder() = default;
};

struct Exchange {
  Request request;
  Url url;
  std::function<void(Outcome)> on_outcome;
  TimePoint deadline;  // For all stages together.

  Response response;
  Delivery delivery;      // For the response's content.
  Upload upload;          // For the request's body, if a source makes it.
  bool decodes = false;   // Undo content codings.
  bool redirects = true;  // Follow redirects.
  std::string cookie;     // From the jar, for this URL; empty: none.
  // Through a proxy that gets the whole URL (RFC 9112 3.2.2).
  bool by_proxy = false;
  std::string proxy_authorization;

  bool fresh = false;        // Not on a kept HTTP/1.1 connection: one was gone.
  std::uint8_t repeats = 0;  // How often a server has not processed it.

  std::vector<net::SocketAddress> addresses;  // From the task thread to the worker.

  ExchangeHolder* holder = nullptr;                          // The worker's: where it is held.
  Timer timer{[this](TimePoint now) { on_deadline(now); }};  // The worker's; armed while it is there.
  bool finished = false;                                     // For the worker.

  // Relaxed: the thread that sets it also notifies the worker, through its queue.
  std::atomic<bool> cancelled{false};

  void on_deadline(TimePoint now);  // Of its stage, or of all stages. For the worker.
  void begin_upload() { upload = Upload(request.source.get()); }
  void begin_delivery(std::uint64_t max_body);  // The head of the response is there.
};

// Shared between its holder and the Ticket that can cancel it.
using ExchangePtr = std::shared_ptr<Exchange>;

// std::nullopt if the request can be sent; else the error. Fills in `url`.
[[nodiscard]] std::optional<Error> check(Exchange& exchange);

// Whether it is safe to send twice (RFC 9110 9.2.2).
[[nodiscard]] bool is_idempotent(std::string_view method);

// Turns it into the request for the redirect in exchange.response. Returns an error if the redirect must not
// be followed. REQUIRES: is_redirect().
[[nodiscard]] std::optional<Error> follow_redirect(Exchange& exchange, unsigned max);
[[nodiscard]] bool is_redirect(const Response& response);

}  // namespace pollux::client
