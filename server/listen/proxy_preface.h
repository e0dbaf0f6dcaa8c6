// The first words of a connection on a listener behind a balancer: the PROXY header (net/proxy_header.h),
// which says who the client is. What follows is what any other listener is spoken to in: TLS, or HTTP in
// plain text.
//
// The balancer is trusted: others were turned away when they were accepted. A header that is malformed, or
// cut short, ends the connection and is counted; it has the deadline of a handshake.
//
// Thread: whichever holds the connection.
#pragma once

#include <memory>
#include <string>

#include "net/protocol.h"
#include "net/proxy_header.h"
#include "server/listen/listener.h"

namespace pollux::server {

class ProxyPreface final : public net::Protocol {
 public:
  // `peer`: the balancer's address. The listener must outlive it.
  ProxyPreface(const Listener& listener, std::string peer) : listener_(listener), peer_(std::move(peer)) {}

  [[nodiscard]] net::Phase first_phase() const override { return net::Phase::kHandshake; }
  [[nodiscard]] Step on_input(Io io) override;
  [[nodiscard]] std::unique_ptr<Protocol> successor() override { return listener_.new_protocol(peer_); }
  void on_trouble(Io /*io*/, Trouble /*trouble*/) override {}  // A balancer has no use for words.
  void on_close(std::uint64_t /*sent*/) override {}
  void trim() override {}

 private:
  [[nodiscard]] Step go_on(Io io, const net::ProxyHeader& header);
  [[nodiscard]] Step refuse(Io io) const;

  const Listener& listener_;
  std::string peer_;  // The balancer, then the client.
};

}  // namespace pollux::server
