// The way from the head of a request to its handler: the steps that sessions of all HTTP versions share.
//
//   complete(request) --> route() --> too_many()?  refuse()?  run(handler)
//
// Thread: the one that holds the connection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/service.h"
#include "net/waker.h"

namespace pollux::http {

class Dispatcher {
 public:
  // The destination of a request.
  struct Route {
    const VirtualHost* host;
    Handler* handler = nullptr;
    bool misdirected = false;  // The certificate is not for its host.
  };

  // `peer`: the client's address. The service must outlive this.
  Dispatcher(const Service& service, std::string peer);

  [[nodiscard]] const std::string& peer() const { return peer_; }

  // Fills in the client and whether TLS is spoken with it, by the connection or by the word of a trusted
  // proxy. `storage`: request.peer may point into it.
  void complete(Request& request, std::string& storage) const;

  // `connection`: nullptr in tests. Throws std::bad_alloc.
  [[nodiscard]] Route route(const Request& request, const net::ProtocolHost* connection);

  // The response to a request beyond its client's rate limit. Every call counts a request: call it once for
  // each.
  [[nodiscard]] std::optional<Response> too_many(const Request& request, const Route& route,
                                                 const Now& now) const;

  // The response to a request that reaches no handler: its target is no valid path, or another server is
  // responsible.
  [[nodiscard]] static std::optional<Response> refuse(const Request& request, const Route& route,
                                                      const Now& now);

  // Afterwards the exchange has its response or is kept, whatever the handler does.
  static void run(const Route& route, Exchange& exchange);

 private:
  // A host with the name that a request used for it.
  struct NamedHost {
    std::string name;
    const VirtualHost& host;
    bool misdirected;
  };

  void believe_proxy(Request& request, std::string& storage) const;
  void look_for_host(Route& route, std::string_view name, const net::ProtocolHost* connection);
  [[nodiscard]] bool is_misdirected(std::string_view name, const net::ProtocolHost* connection) const;

  const Service& service_;
  const std::string peer_;
  const bool from_proxy_;             // The peer is a trusted proxy.
  std::unique_ptr<NamedHost> named_;  // The last host asked for; nullptr: none was found by name.
};

// The request's Expect field (RFC 9110 10.1.1): a list with one defined element. It is ignored from a client
// of HTTP/1.0.
enum class Expectation { kNone, kContinue, kUnknown };
[[nodiscard]] Expectation expectation_of(const Request& request);

// For the metrics. `request`: nullptr when it could not be parsed.
void count_answer(Status status, const Request* request);

}  // namespace pollux::http
