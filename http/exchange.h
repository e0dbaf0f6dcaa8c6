// One request and its response, which comes at once or later.
//
//   session --> handler.handle(exchange) --> exchange.respond(response)           at once, or
//                                        --> Later later = exchange.keep()        (JobPool::run() does that)
//                                              ...  later.respond(response)       later, from any thread
//
// A handler responds before handle() returns, or keeps the exchange and responds later. A late response
// reaches the connection through its loop (net/waker.h); the connection never leaves its loop for it. If the
// client has gone by then, responding is harmless.
//
// A request's views (http/request.h) point into octets of the session. keep() gives the exchange octets of
// its own.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/trace.h"
#include "http/request.h"
#include "http/response.h"
#include "net/waker.h"

namespace pollux::http {

// A session's services for an exchange that is kept.
class ExchangeHost {
 public:
  virtual ~ExchangeHost() = default;

  // A request whose views are valid while `octets` lives.
  struct Owned {
    std::shared_ptr<const void> octets;
    Request request;
    std::shared_ptr<net::Waker> waker;  // nullptr: the session polls for the response.
  };
  // Throws std::bad_alloc.
  [[nodiscard]] virtual Owned own_request() = 0;
};

// An exchange whose response is still to come. Its session, which waits for the response, shares it with the
// Later that makes the response. Neither knows when the other goes.
class PendingExchange {
 public:
  explicit PendingExchange(const Now& now) : now_(now) {}

  [[nodiscard]] const Request& request() const { return owned_.request; }
  [[nodiscard]] const Now& now() const { return now_; }

  // Thread: the session's.
  [[nodiscard]] bool answered() const { return answered_.load(std::memory_order_acquire); }
  [[nodiscard]] Response take_response() { return std::move(response_); }  // REQUIRES: answered(). Once.
  [[nodiscard]] std::vector<trace::Note> take_notes();                     // The same.

 private:
  friend class Exchange;
  friend class Later;
  void respond(Response response);

  ExchangeHost::Owned owned_;  // Constant after Exchange::keep().
  const Now now_;
  const bool followed_ = trace::on();  // By the tracer.
  trace::Recording notes_;             // The answering thread's notes, if so.
  Response response_;
  std::atomic<bool> answered_{false};  // Release by respond(), acquire by answered(): orders the above.
};

// The duty to respond to a kept exchange. A Later that is dropped responds with 500.
//
// Thread: any, one at a time.
class Later {
 public:
  explicit Later(std::shared_ptr<PendingExchange> exchange) : exchange_(std::move(exchange)) {}
  Later(Later&&) noexcept = default;
  Later& operator=(Later&&) = delete;
  ~Later();

  [[nodiscard]] const Request& request() const { return exchange_->request(); }
  [[nodiscard]] const Now& now() const { return exchange_->now(); }  // When the request was complete.

  // For a trace::Scope, whose notes are then about this exchange; nullptr: it is not followed.
  [[nodiscard]] trace::Recording* recording() { return exchange_->followed_ ? &exchange_->notes_ : nullptr; }

  // The last call, once. Does not throw.
  void respond(Response response);

 private:
  std::shared_ptr<PendingExchange> exchange_;  // nullptr: moved from, or responded.
};

// Thread: the one that handle() runs on, until handle() returns.
class Exchange {
 public:
  // All references must outlive it.
  Exchange(const Request& request, const Now& now, ExchangeHost& host)
      : request_(request), now_(now), host_(host) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  [[nodiscard]] const Request& request() const { return request_; }
  [[nodiscard]] const Now& now() const { return now_; }

  // Call one of the two, once.
  void respond(Response&& response) { response_.emplace(std::move(response)); }
  [[nodiscard]] Later keep();  // Throws std::bad_alloc. Do not use request() afterwards.

  // For the session, after handle(): one of the two is set, unless the handler has forgotten to respond.
  [[nodiscard]] std::optional<Response>& response() { return response_; }
  [[nodiscard]] const std::shared_ptr<PendingExchange>& pending() const { return pending_; }

 private:
  const Request& request_;
  const Now& now_;
  ExchangeHost& host_;
  std::optional<Response> response_;
  std::shared_ptr<PendingExchange> pending_;
};

}  // namespace pollux::http
