// The client side's common part of every TLS session: the authorities it trusts.
//
// Constant after construction. Thread: any.
#pragma once

#include <cstdint>
#include <string>

#include "tls/openssl.h"

namespace pollux::tls {

class ClientContext {
 public:
  enum class Offer : std::uint8_t { kHttp1, kHttp2, kEither };  // By ALPN; of either, HTTP/2 is preferred.

  struct Options {
    std::string ca_file;  // PEM: the authorities to trust; empty: the system's.
    bool verify = true;   // The server's certificate and its name.
    Offer offer = Offer::kHttp1;
  };

  explicit ClientContext(const Options& options);  // Throws Error.

  // A handshake's beginning with the server of this name, or numeric address. Throws Error, std::bad_alloc.
  [[nodiscard]] SslPtr make_ssl(const std::string& host) const;

 private:
  SslCtxPtr context_;
  bool verify_;
};

}  // namespace pollux::tls
