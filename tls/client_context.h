// The client side's common part of every TLS session: the authorities it trusts.
//
// Constant after construction. Thread: any.
#pragma once

#include <string>

#include "tls/openssl.h"

namespace pollux::tls {

class ClientContext {
 public:
  struct Options {
    std::string ca_file;  // PEM: the authorities to trust; empty: the system's.
    bool verify = true;   // The server's certificate and its name.
    bool http2 = false;   // Is offered (ALPN), alone; otherwise HTTP/1.1 is.
  };

  explicit ClientContext(const Options& options);  // Throws Error.

  // A handshake's beginning with the server of this name, or numeric address. Throws Error, std::bad_alloc.
  [[nodiscard]] SslPtr make_ssl(const std::string& host) const;

 private:
  SslCtxPtr context_;
  bool verify_;
};

}  // namespace pollux::tls
