// Handlers, which respond to requests, and the router, which finds the handler of a path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/exchange.h"
#include "http/request.h"
#include "http/response.h"
#include "http/uri.h"

namespace pollux::http {

class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;

  // Responds to the exchange, or keeps it and responds later. Must not wait for a database or the like. May
  // throw: the response is then a 500, and the connection ends. Thread: any, several at once.
  virtual void handle(Exchange& exchange) = 0;

  // Maximum of octets in the body of this request (413), within limits.body; 0: it is read and discarded.
  [[nodiscard]] virtual std::uint64_t max_body(const Request& /*request*/) const { return 0; }

  // Whether the body may be secret, such as a form with a password. If so, its octets are overwritten after
  // handling; the handler must do the same with its own copies.
  [[nodiscard]] virtual bool has_secrets() const { return false; }
};

// A handler whose response is a function of the request.
class AnsweringHandler : public Handler {
 public:
  [[nodiscard]] virtual Response answer(const Request& request, const Now& now) = 0;

  void handle(Exchange& exchange) override { exchange.respond(answer(exchange.request(), exchange.now())); }
};

// Constant once the server is constructed, so all threads may use it.
class Router {
 public:
  // `fallback`: gets every request that no route matches. The handlers must outlive the router.
  explicit Router(Handler& fallback) : fallback_(fallback) {}

  // Adds a route for exactly this path, in whatever encoding it was sent.
  void add(std::string path, Handler& handler) { routes_.emplace_back(std::move(path), &handler); }

  // Adds a route for this directory and everything in it (is_within). Routes for an exact path come first.
  void add_below(std::string prefix, Handler& handler) { below_.emplace_back(std::move(prefix), &handler); }

  // The handler's path, for people: "/echo", "/members/...".
  [[nodiscard]] std::string name_of(const Handler& handler) const {
    for (const auto& [path, here] : routes_) {
      if (here == &handler) return path;
    }
    for (const auto& [prefix, here] : below_) {
      if (here == &handler) return prefix + "...";
    }
    return for_https_ != nullptr ? for_https_->name_of(handler) : "the site's files";
  }

  // Requests that came over https, by the word of a trusted proxy, are routed by `router` instead. It must
  // outlive this one.
  void set_for_https(const Router& router) { for_https_ = &router; }

  [[nodiscard]] Handler& find(const Request& request) const {
    if (for_https_ != nullptr && request.secure) return for_https_->find(request);
    for (const auto& [path, handler] : routes_) {
      if (request.path == path) return *handler;
    }
    for (const auto& [prefix, handler] : below_) {
      if (is_within(request.path, prefix)) return *handler;
    }
    return fallback_;
  }

 private:
  Handler& fallback_;
  const Router* for_https_ = nullptr;
  std::vector<std::pair<std::string, Handler*>> routes_;
  std::vector<std::pair<std::string, Handler*>> below_;
};

}  // namespace pollux::http
