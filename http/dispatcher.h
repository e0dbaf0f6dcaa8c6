// From the head of a request to what answers it: what every session does alike, whatever version of HTTP it
// speaks.
//
//   complete(request) --> route() --> too_many()?  refuse()?  run(handler)
//
// Thread: whichever holds the connection.
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
  // Where a request leads.
  struct Route {
    const VirtualHost* host;
    Handler* handler = nullptr;
    bool misdirected = false;  // The certificate is not for its host.
  };

  // `peer`: the client's address. The service must outlive this.
  Dispatcher(const Service& service, std::string peer);

  [[nodiscard]] const std::string& peer() const { return peer_; }

  // Says who the client is, and whether TLS is spoken with it: as the connection has it, or as a trusted
  // proxy says. `storage`: where request.peer may point to.
  void complete(Request& request, std::string& storage) const;

  // `connection`: nullptr in tests. Throws std::bad_alloc.
  [[nodiscard]] Route route(const Request& request, const net::ProtocolHost* connection);

  // The answer to a request that its client must not make now, by the rate of its requests. Each request
  // counts: to be asked once.
  [[nodiscard]] std::optional<Response> too_many(const Request& request, const Route& route,
                                                 const Now& now) const;

  // The answer to a request that no handler gets: what it asks for can be no path, or another server has it.
  [[nodiscard]] static std::optional<Response> refuse(const Request& request, const Route& route,
                                                      const Now& now);

  // Leaves the exchange answered or kept, whatever the handler does.
  static void run(const Route& route, Exchange& exchange);

 private:
  // A host by the name that a request had for it.
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
  const bool from_proxy_;             // The peer is a trusted one.
  std::unique_ptr<NamedHost> named_;  // The last host that was asked for; nullptr: none has a name.
};

// What a request expects of us (RFC 9110 10.1.1): a list, of which one element is defined; from a client of
// HTTP/1.0 it is ignored.
enum class Expectation { kNone, kContinue, kUnknown };
[[nodiscard]] Expectation expectation_of(const Request& request);

// For the metrics. `request`: nullptr when it could not be understood.
void count_answer(Status status, const Request* request);

}  // namespace pollux::http
