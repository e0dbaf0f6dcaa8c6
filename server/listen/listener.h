// A kind of listener as its clients find it under one configuration: the HTTP that they get, and whether they
// speak TLS. It is also the terms of their connections (net/terms.h).
//
// Thread: any. Constant after construction.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"
#include "http/http1_session.h"
#include "http/service.h"
#include "http2/negotiation.h"
#include "net/admission.h"
#include "net/socket_address.h"
#include "net/terms.h"
#include "server/sites/tls_identity.h"

namespace pollux::server {

enum class ListenerKind : std::uint8_t { kPlain, kHttps, kStatus, kBalancedPlain, kBalancedHttps };

[[nodiscard]] constexpr bool is_https(ListenerKind kind) {
  return kind == ListenerKind::kHttps || kind == ListenerKind::kBalancedHttps;
}

// The protocols of a listener. All members must outlive it.
struct Speech {
  const http::Service& service;
  const TlsIdentity* tls = nullptr;              // nullptr: plain text.
  const http2::SessionOptions* http2 = nullptr;  // nullptr: HTTP/1.1 only.
  // The load balancers that may connect; each of their connections begins with a PROXY header. nullptr: any
  // client may connect, without such a header.
  const http::TrustedProxies* balancers = nullptr;
};

class Listener final : public net::Terms {
 public:
  using Successor = std::function<std::shared_ptr<const net::Terms>()>;

  // `retired`: set when another configuration is in force; `successor` then returns its listener of this
  // kind.
  Listener(const Speech& speech, const net::Timeouts& timeouts, bool linger, const std::atomic<bool>& retired,
           Successor successor)
      : Terms(timeouts, linger),
        service(speech.service),
        tls(speech.tls),
        http2(speech.http2),
        balancers(speech.balancers),
        retired_(retired),
        successor_(std::move(successor)) {}

  [[nodiscard]] std::unique_ptr<net::Protocol> new_protocol(std::string peer) const override {
    if (http2 != nullptr) return std::make_unique<http2::Negotiation>(service, *http2, std::move(peer));
    return std::make_unique<http::Http1Session>(service, std::move(peer));
  }

  // Relaxed: a thread that sees it late serves one more request as before.
  [[nodiscard]] bool retired() const override { return retired_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::shared_ptr<const net::Terms> successor() const override { return successor_(); }

  // Sends `answer` to a client that is not served, without waiting for it to be read: a refusal should cost
  // nothing. Under TLS it would cost a handshake, so there the connection just ends.
  void turn_away(int socket, std::string_view answer) const {
    if (tls == nullptr) (void)::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  const http::Service& service;
  const TlsIdentity* const tls;
  const http2::SessionOptions* const http2;
  const http::TrustedProxies* const balancers;

 private:
  const std::atomic<bool>& retired_;
  const Successor successor_;
};

// An accepted and admitted client, to be passed to the loop that will serve it.
struct Arrival {
  UniqueFd socket;
  net::SocketAddress peer;
  net::Admission::Place place;
  std::shared_ptr<const Listener> listener;  // Shared, see net/terms.h.
};

}  // namespace pollux::server
