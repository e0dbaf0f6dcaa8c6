// The beginning of a connection on a listener behind a load balancer: the PROXY header (net/proxy_header.h),
// which names the client. TLS, or HTTP in plain text, follows as on any other listener.
//
// The load balancer is trusted: other peers were turned away when they were accepted. A header that is
// malformed or cut short ends the connection and is counted. The deadline is that of a handshake.
//
// Thread: the one that holds the connection.
#pragma once

#include <memory>
#include <string>

#include "net/protocol.h"
#include "net/proxy_header.h"
#include "server/listen/listener.h"

namespace pollux::server {

class ProxyPreface final : public net::Protocol {
 public:
  // `peer`: the load balancer's address. The listener must outlive the object.
  ProxyPreface(const Listener& listener, std::string peer) : listener_(listener), peer_(std::move(peer)) {}

  [[nodiscard]] net::Phase first_phase() const override { return net::Phase::kHandshake; }
  [[nodiscard]] Step on_input(Io io) override;
  [[nodiscard]] std::unique_ptr<Protocol> successor() override { return listener_.new_protocol(peer_); }
  void on_trouble(Io /*io*/, Trouble /*trouble*/) override {}  // A load balancer has no use for a message.
  void on_close(std::uint64_t /*sent*/) override {}
  void trim() override {}

 private:
  [[nodiscard]] Step go_on(Io io, const net::ProxyHeader& header);
  [[nodiscard]] Step refuse(Io io) const;

  const Listener& listener_;
  std::string peer_;  // The load balancer, then the client.
};

}  // namespace pollux::server
