// The server side's common part of every TLS session: certificates, versions, ciphers, resumption.
//
//  - TLS 1.2 with forward secrecy and authenticated encryption only, and TLS 1.3 (RFC 9325).
//  - Of several certificates, the first that is for the name the client asks for (SNI, RFC 6066 3); the
//    first of all for a client that asks for another name, or for none. Where further ones for that name have
//    keys of other types (RSA and P-256), OpenSSL chooses among them by what the client can verify.
//  - Resumption by tickets (ticket_keys.h); nothing is kept on the server for a session that has ended.
//  - No renegotiation, no compression, no early data: it could be replayed (RFC 8470).
//
// Constant after construction. New certificates are a new context; sessions keep the one they began with,
// so it is shared: a session may outlive the server's use of it.
// Thread: any.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/certificate.h"
#include "tls/openssl.h"
#include "tls/ticket_keys.h"
#include "tls/version.h"

namespace pollux::tls {

// What becomes of OpenSSL's copy of the octets that were received. Overwriting it costs a twentieth of the
// CPU time of a small page, since OpenSSL overwrites the whole buffer, 16 KiB, for each record.
enum class Plaintext : bool { kLeft, kOverwritten };

struct ServerOptions {
  Version least = Version::k12;
  Plaintext plaintext = Plaintext::kLeft;
  bool http2 = false;  // Is offered (ALPN), and chosen if the client knows it.
};

class ServerContext {
 public:
  // REQUIRES: at least one certificate; `keys` outlives the context. Throws Error.
  ServerContext(const std::vector<CertificateFiles>& certificates, TicketKeys& keys,
                const ServerOptions& options = {});
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  // Whether one of the certificates is for this DNS name or numeric address.
  [[nodiscard]] bool is_for(std::string_view host) const;

  [[nodiscard]] const std::vector<std::unique_ptr<Certificate>>& certificates() const {
    return certificates_;
  }

  // A handshake's beginning. Throws std::bad_alloc.
  [[nodiscard]] SslPtr make_ssl() const;

 private:
  // SSL_CTX_set_tlsext_servername_callback(3)
  static int on_server_name(SSL* ssl, int* alert, void* context);
  static int on_status_request(SSL* ssl, void* context);  // SSL_CTX_set_tlsext_status_cb(3)

  // Whether one was found.
  [[nodiscard]] bool offer(SSL& ssl, std::string_view name) const;

  std::vector<std::unique_ptr<Certificate>> certificates_;  // Each has its address taken.
  std::vector<SslCtxPtr> contexts_;                         // One for each certificate.
  std::string default_name_;                                // One of the first certificate's.
};

}  // namespace pollux::tls
