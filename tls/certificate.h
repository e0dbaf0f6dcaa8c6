// A certificate with its chain, its private key and, if there is one, the answer of its authority's OCSP
// responder (RFC 6960) that is stapled to handshakes (RFC 6066 8).
//
// Constant after construction. Thread: any.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tls/openssl.h"

namespace pollux::tls {

struct CertificateFiles {
  std::string certificate;    // PEM: the server's own first, then those that lead to a root.
  std::string private_key;    // PEM, without a passphrase.
  std::string ocsp_response;  // DER; empty: none.
};

class Certificate {
 public:
  // Reads the files. Throws Error: a file that cannot be read or understood, a key of another certificate.
  explicit Certificate(const CertificateFiles& files);

  // `host`: a DNS name or a numeric address (RFC 9110 4.3.4); wildcards of the certificate count.
  [[nodiscard]] bool is_for(std::string_view host) const;

  // Why no client would accept it: its time is over, or has not come. std::nullopt: it is valid now.
  [[nodiscard]] std::optional<std::string> invalid_at(std::chrono::system_clock::time_point now) const;

  // What a client may stumble over: no chain, an OCSP response that is out of date.
  [[nodiscard]] std::vector<std::string> warnings_at(std::chrono::system_clock::time_point now) const;

  // Makes `context` present it. Must outlive the context. Throws Error.
  void install(SSL_CTX& context) const;

 private:
  static int on_status_request(SSL* ssl, void* certificate);  // SSL_CTX_set_tlsext_status_cb(3)

  std::string file_;  // For messages.
  X509Ptr certificate_;
  std::vector<X509Ptr> chain_;
  PrivateKeyPtr key_;
  std::string ocsp_response_;  // DER
};

}  // namespace pollux::tls
