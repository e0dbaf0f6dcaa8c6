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

// One of CertificateFiles, and why it cannot be used.
struct FileProblem {
  std::string CertificateFiles::*file;
  std::string message;
};

// Of each file, so that one look shows all; that of a key which belongs to another certificate is the key's.
[[nodiscard]] std::vector<FileProblem> file_problems(const CertificateFiles& files);

class Certificate {
 public:
  // Reads the files. Throws Error: a file that cannot be read or understood, a key of another certificate.
  explicit Certificate(const CertificateFiles& files);

  // `host`: a DNS name or a numeric address (RFC 9110 4.3.4), which may end in the dot of the root (RFC 1034
  // 3.1); wildcards of the certificate count.
  [[nodiscard]] bool is_for(std::string_view host) const;

  // A DNS name that it is for; empty: it has none.
  [[nodiscard]] std::string name() const;

  // EVP_PKEY_RSA, EVP_PKEY_EC and so on. A session may have one certificate of each.
  [[nodiscard]] int key_type() const;

  // Why no client would accept it: its time is over, or has not come. std::nullopt: it is valid now.
  [[nodiscard]] std::optional<std::string> invalid_at(std::chrono::system_clock::time_point now) const;

  // What a client may stumble over: no chain, an OCSP response that is out of date.
  [[nodiscard]] std::vector<std::string> warnings_at(std::chrono::system_clock::time_point now) const;
  [[nodiscard]] std::optional<std::string> chain_warning() const;
  [[nodiscard]] std::optional<std::string> ocsp_warning_at(std::chrono::system_clock::time_point now) const;

  // Makes `context` present it. Throws Error.
  void install(SSL_CTX& context) const;

  // Gives a session the choice of it, beside those of other types of keys; false: out of memory.
  [[nodiscard]] bool add_to(SSL& ssl) const;

  // Whether `other` is this one.
  [[nodiscard]] bool is(const X509* other) const { return other == certificate_.get(); }

  [[nodiscard]] const std::string& ocsp_response() const { return ocsp_response_; }  // DER; empty: none.

 private:
  std::string file_;  // For messages.
  X509Ptr certificate_;
  ChainPtr chain_;
  PrivateKeyPtr key_;
  std::string ocsp_response_;
};

// The same of any certificate.
[[nodiscard]] bool certificate_is_for(const X509& certificate, std::string_view host);

}  // namespace pollux::tls
