// Helpers of the tests of TLS: certificates made on the spot, and two sessions back to back, without a
// socket.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/temporary_directory.h"
#include "tls/client_context.h"
#include "tls/server_context.h"
#include "tls/session.h"

namespace pollux::tls::test {

using pollux::test::TemporaryDirectory;

// What OpenSSL promises of calls that a test relies on.
inline void expect_good(bool good) {
  if (!good) {
    throw std::runtime_error(std::string(take_reason()));
  }
}

inline std::string contents(BIO* bio) {
  const char* octets = nullptr;
  const long size = BIO_get_mem_data(bio, &octets);
  return {octets, static_cast<std::size_t>(size)};
}

inline std::string pem(X509& certificate) {
  const BioPtr bio(allocated(BIO_new(BIO_s_mem())));
  expect_good(PEM_write_bio_X509(bio.get(), &certificate) == 1);
  return contents(bio.get());
}

// `passphrase`: nullptr for none.
inline std::string pem(EVP_PKEY& key, const char* passphrase = nullptr) {
  const BioPtr bio(allocated(BIO_new(BIO_s_mem())));
  const EVP_CIPHER* cipher = passphrase != nullptr ? EVP_aes_128_cbc() : nullptr;
  expect_good(PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, cipher, passphrase,
                                            passphrase != nullptr ? static_cast<int>(strlen(passphrase)) : 0,
                                            nullptr, nullptr) == 1);
  return contents(bio.get());
}

struct Identity {
  X509Ptr certificate;
  PrivateKeyPtr key;
};

struct Subject {
  std::string name;          // The common name, for people.
  std::string alternatives;  // "DNS:a.test,IP:127.0.0.1"
  int begins_in_hours = -24;
  int ends_in_hours = 24;
  bool authority = false;
  unsigned int rsa_bits = 0;  // 0: P-256, which is quickly made.
};

// Signed by `issuer`, or by itself.
inline Identity make_identity(const Subject& subject, const Identity* issuer = nullptr) {
  Identity made{X509Ptr(allocated(X509_new())),
                PrivateKeyPtr(subject.rsa_bits != 0 ? EVP_RSA_gen(subject.rsa_bits) : EVP_EC_gen("P-256"))};
  X509* certificate = made.certificate.get();
  std::uint64_t serial = 0;
  expect_good(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial);
  X509_set_version(certificate, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate), subject.begins_in_hours * 3600L);
  X509_gmtime_adj(X509_getm_notAfter(certificate), subject.ends_in_hours * 3600L);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(subject.name.c_str()), -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  X509_set_pubkey(certificate, made.key.get());
  const auto add = [certificate](int kind, const std::string& value) {
    X509_EXTENSION* extension = allocated(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  };
  if (subject.authority) add(NID_basic_constraints, "critical,CA:TRUE");
  if (!subject.alternatives.empty()) add(NID_subject_alt_name, subject.alternatives);
  expect_good(X509_sign(certificate, (issuer != nullptr ? issuer->key : made.key).get(), EVP_sha256()) > 0);
  return made;
}

// An authority, and files of certificates it has signed.
class Authority {
 public:
  explicit Authority(const TemporaryDirectory& directory, const std::string& name = "authority")
      : directory_(directory),
        self_(make_identity({.name = name, .alternatives = {}, .authority = true})),
        file_(directory.write(name + ".pem", pem(*self_.certificate))) {}

  [[nodiscard]] Identity identity(const Subject& subject) const { return make_identity(subject, &self_); }
  [[nodiscard]] const Identity& self() const { return self_; }
  [[nodiscard]] const std::string& file() const { return file_; }

  // Its certificate with chain, and its key, in files.
  [[nodiscard]] CertificateFiles issue(const Subject& subject) const {
    return save(subject.name, identity(subject));
  }

  [[nodiscard]] CertificateFiles save(const std::string& name, const Identity& identity) const {
    return {.certificate = directory_.write(name + "-certificate.pem",
                                            pem(*identity.certificate) + pem(*self_.certificate)),
            .private_key = directory_.write(name + "-key.pem", pem(*identity.key)),
            .ocsp_response = {}};
  }

 private:
  const TemporaryDirectory& directory_;
  const Identity self_;
  const std::string file_;
};

constexpr std::size_t kWhole = static_cast<std::size_t>(-1);

// A client's and a server's session, and what each has received.
struct Pair {
  Pair(std::shared_ptr<const ServerContext> context, SslPtr client_ssl, std::size_t octets_at_a_time)
      : client(std::move(client_ssl), nullptr),
        server(context->make_ssl(), context),
        step(octets_at_a_time) {}

  // Carries octets both ways until neither side has anything to say.
  void talk() {
    while (carry(client, server, server_got, server_result) ||
           carry(server, client, client_got, client_result)) {
    }
  }

  void shake_hands() {
    client_result = client.begin();
    talk();
  }

  [[nodiscard]] bool established() const { return client.established() && server.established(); }

  // Feeds octets as they come from the wire.
  void feed(std::string_view wire, Session& to, Buffer& plain, Session::Result& result) const {
    while (!wire.empty() && result == Session::Result::kOk) {
      const std::string_view piece = wire.substr(0, step);
      wire.remove_prefix(piece.size());
      to.input().append(piece);
      result = to.decrypt(plain);
    }
  }
  void feed_server(std::string_view wire) { feed(wire, server, server_got, server_result); }

  static std::string take(Session& from) {
    std::string octets(from.output().readable());
    from.output().consume(octets.size());
    return octets;
  }

  Session client;
  Session server;
  std::size_t step;
  Buffer client_got;
  Buffer server_got;
  Session::Result client_result = Session::Result::kOk;
  Session::Result server_result = Session::Result::kOk;

 private:
  [[nodiscard]] bool carry(Session& from, Session& to, Buffer& plain, Session::Result& result) const {
    const std::string wire = take(from);
    feed(wire, to, plain, result);
    return !wire.empty();
  }
};

}  // namespace pollux::tls::test
