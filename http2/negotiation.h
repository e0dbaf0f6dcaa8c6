// Decides which HTTP a new connection speaks, and goes on as that protocol: with TLS the one agreed on by
// ALPN, in plain text the one that the first octets show ("prior knowledge", RFC 9113 3.3).
//
// Thread: whichever holds the connection.
#pragma once

#include <memory>
#include <string>

#include "http/service.h"
#include "http2/session.h"
#include "net/protocol.h"

namespace pollux::http2 {

class Negotiation final : public net::Protocol {
 public:
  // Service and options must outlive it. `peer`: the client's address.
  Negotiation(const http::Service& service, const SessionOptions& options, std::string peer)
      : service_(service), options_(options), peer_(std::move(peer)) {}

  [[nodiscard]] Step on_input(Io io) override;
  [[nodiscard]] std::unique_ptr<Protocol> successor() override;
  void on_trouble(Io io, Trouble trouble) override;  // Answered as HTTP/1.1 does.
  void on_close(std::uint64_t /*sent*/) override {}
  void trim() override {}

 private:
  enum class Speaks : bool { kHttp1, kHttp2 };

  const http::Service& service_;
  const SessionOptions& options_;
  const std::string peer_;
  Speaks speaks_ = Speaks::kHttp1;
};

}  // namespace pollux::http2
