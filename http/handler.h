// Handlers, which answer requests, and the router, which finds the handler of a path.
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

  // Answers the exchange, or keeps it and answers later. Must not wait for a database or the like.
  // Thread: any, several at once. May throw: the answer is then 500, and the connection ends.
  virtual void handle(Exchange& exchange) = 0;

  // Octets that the body of this request may have (413), within limits.body; 0: it is read and discarded.
  [[nodiscard]] virtual std::uint64_t max_body(const Request& /*request*/) const { return 0; }

  // Whether the body may be a secret, such as a form with a password: then its octets are overwritten when it
  // has been handled. The handler does the same with copies of its own.
  [[nodiscard]] virtual bool has_secrets() const { return false; }
};

// A handler whose answer is a function of the request.
class AnsweringHandler : public Handler {
 public:
  [[nodiscard]] virtual Response answer(const Request& request, const Now& now) = 0;

  void handle(Exchange& exchange) override { exchange.respond(answer(exchange.request(), exchange.now())); }
};

// Constant after construction of the server, so that all threads may ask it.
class Router {
 public:
  // `fallback` gets everything that no route matches. The handlers must outlive the router.
  explicit Router(Handler& fallback) : fallback_(fallback) {}

  // Requests for exactly this path, however it was written.
  void add(std::string path, Handler& handler) { routes_.emplace_back(std::move(path), &handler); }

  // Requests for this directory and all that is in it (is_within). What was added for exactly the path comes
  // first.
  void add_below(std::string prefix, Handler& handler) { below_.emplace_back(std::move(prefix), &handler); }

  // "/echo", "/members/...": where a handler stands, for people.
  [[nodiscard]] std::string name_of(const Handler& handler) const {
    for (const auto& [path, here] : routes_) {
      if (here == &handler) return path;
    }
    for (const auto& [prefix, here] : below_) {
      if (here == &handler) return prefix + "...";
    }
    return for_https_ != nullptr ? for_https_->name_of(handler) : "the site's files";
  }

  // Requests that came over https, by the word of a trusted proxy, are found there instead. It must outlive
  // this.
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
