// Clients allowed to see the status pages. For all others these paths belong to the site.
//
// A proxy on the same machine makes everybody look like a client on the machine itself, and nothing in a
// request proves that it was not forwarded. So these pages can have a listener of their own (status.listen).
// Without one, a request with a sign of a proxy does not count as local. Signs are the fields that proxies
// add, and HTTP/1.0, which no browser speaks and plain proxies do. A client that a trusted proxy names counts
// by its address alone.
//
// A page of a stranger may have its own name lead to 127.0.0.1 (DNS rebinding), and have a browser here read
// ours: so on the loopback, Host is to be localhost or an address.
//
// Thread: any. Constant after construction.
#pragma once

#include <string>
#include <vector>

#include "http/handler.h"
#include "http/request.h"

namespace pollux::status {

struct Visitors {
  bool any = false;
  bool loopback = true;
  std::vector<std::string> addresses;  // Of clients, numeric.

  [[nodiscard]] bool include(const http::Request& request) const;
};

// Leads visitors to one handler and all others to another.
class ForVisitors final : public http::Handler {
 public:
  // All must outlive this.
  ForVisitors(const Visitors& visitors, http::Handler& handler, http::Handler& others)
      : visitors_(visitors), handler_(handler), others_(others) {}

  void handle(http::Exchange& exchange) override {
    (visitors_.include(exchange.request()) ? handler_ : others_).handle(exchange);
  }

 private:
  const Visitors& visitors_;
  http::Handler& handler_;
  http::Handler& others_;
};

}  // namespace pollux::status
