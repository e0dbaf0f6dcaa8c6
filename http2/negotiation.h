// Which HTTP a new connection speaks: under TLS what was agreed on by ALPN, in plain text what its first
// octets say ("prior knowledge", RFC 9113 3.3). Goes on as that protocol.
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
