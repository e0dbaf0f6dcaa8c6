// Certificates for the tests, made on the spot: an authority, and whatever it is asked to sign.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tls/certificate.h"

namespace pollux::tls {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char name[] = "/tmp/pollux-tls-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

// When a certificate is valid, in days from now.
struct Validity {
  long from = -1;
  long until = 30;
};

// A certificate and its key; of its own or signed by another.
class Issued {
 public:
  // `names`: "DNS:a.test,IP:127.0.0.1"; empty for an authority. `issuer`: nullptr: itself.
  Issued(const std::string& name, const std::string& names, const Issued* issuer = nullptr,
         Validity validity = {})
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    static long serial = 0;
    X509* certificate = certificate_.get();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    constexpr long kDay = 24 * 3600;
    X509_gmtime_adj(X509_getm_notBefore(certificate), validity.from * kDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate), validity.until * kDay);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    const Issued& signer = issuer != nullptr ? *issuer : *this;
    X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate_.get()));
    X509_set_pubkey(certificate, key_.get());
    add_extension(NID_basic_constraints, names.empty() ? "critical,CA:TRUE" : "CA:FALSE");
    if (!names.empty()) add_extension(NID_subject_alt_name, names);
    EXPECT_NE(X509_sign(certificate, signer.key_.get(), EVP_sha256()), 0);
  }

  [[nodiscard]] std::string certificate_pem() const {
    return pem([this](BIO* bio) { PEM_write_bio_X509(bio, certificate_.get()); });
  }
  [[nodiscard]] std::string key_pem(const char* passphrase = nullptr) const {
    return pem([&](BIO* bio) {
      const EVP_CIPHER* cipher = passphrase != nullptr ? EVP_aes_128_cbc() : nullptr;
      PEM_write_bio_PKCS8PrivateKey(bio, key_.get(), cipher, nullptr, 0, nullptr,
                                    const_cast<char*>(passphrase));
    });
  }

 private:
  void add_extension(int id, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
    ASSERT_NE(extension, nullptr) << value;
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  template <class Write>
  static std::string pem(Write write) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    write(bio.get());
    const char* octets = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &octets);
    return {octets, static_cast<std::size_t>(size)};
  }

  PrivateKeyPtr key_;
  X509Ptr certificate_;
};

// An authority, and certificates in files as a server wants them.
class Authority {
 public:
  // The names for which it signs a certificate, in files that begin with `name`.
  CertificateFiles issue(const std::string& name, const std::string& names, Validity validity = {}) const {
    const Issued issued(name, names, &root_, validity);
    return {.certificate = folder_.write(name + ".pem", issued.certificate_pem() + root_.certificate_pem()),
            .private_key = folder_.write(name + ".key", issued.key_pem()),
            .ocsp_response = {}};
  }
  [[nodiscard]] std::string file() const { return folder_.write("authority.pem", root_.certificate_pem()); }
  [[nodiscard]] const TemporaryFolder& folder() const { return folder_; }
  [[nodiscard]] const Issued& root() const { return root_; }

 private:
  TemporaryFolder folder_;
  Issued root_{"Test authority", ""};
};

}  // namespace pollux::tls
