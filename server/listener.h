// A listener as its clients find it: the HTTP they get, and whether they speak TLS.
//
// Thread: any. Constant after construction.
#pragma once

#include <sys/socket.h>

#include <string_view>

#include "base/unique_fd.h"
#include "http/service.h"
#include "net/admission.h"
#include "net/socket_address.h"
#include "server/tls_identity.h"

namespace pollux::server {

struct Listener {
  const http::Service& service;
  TlsIdentity* tls = nullptr;  // nullptr: plain text.

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
