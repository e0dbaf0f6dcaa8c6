// A listener as its clients find it: the HTTP they get, and whether they speak TLS.
//
// Thread: any. Constant after construction.
#pragma once

#include <sys/socket.h>

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
#include "server/tls_identity.h"

namespace pollux::server {

struct Listener {
  const http::Service& service;
  TlsIdentity* tls = nullptr;                    // nullptr: plain text.
  const http2::SessionOptions* http2 = nullptr;  // nullptr: HTTP/1.1 only.
  // Who may connect: balancers, each of whose connections begins with a PROXY header. nullptr: anybody may,
  // and none does.
  const http::TrustedProxies* balancers = nullptr;

  // What a new client speaks. `peer`: its address. Throws std::bad_alloc.
  [[nodiscard]] std::unique_ptr<net::Protocol> new_protocol(std::string peer) const {
    if (http2 != nullptr) return std::make_unique<http2::Negotiation>(service, *http2, std::move(peer));
    return std::make_unique<http::Http1Session>(service, std::move(peer));
  }

  // Answers a client that is not served, and does not wait for it to read that: what is refused should cost
  // nothing. Under TLS it would cost a handshake, so there the connection just ends.
  void turn_away(int socket, std::string_view answer) const {
    if (tls == nullptr) (void)::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
};

// A client that was accepted and admitted, on its way to the loop that will serve it.
struct Arrival {
  UniqueFd socket;
  net::SocketAddress peer;
  net::Admission::Place place;
  const Listener* listener;  // Outlives the connection.
};

}  // namespace pollux::server
