#include "tls/certificate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace pollux::tls {

namespace {

using OcspResponsePtr = std::unique_ptr<OCSP_RESPONSE, Freed<OCSP_RESPONSE_free>>;
using OcspBasicPtr = std::unique_ptr<OCSP_BASICRESP, Freed<OCSP_BASICRESP_free>>;

std::string quoted(const std::string& path) { return "\"" + path + "\""; }

// The octets of a file, cleansed when they go: there may be a key among them.
class Secret {
 public:
  explicit Secret(const std::string& path) {
    constexpr std::size_t kMax = 1024 * 1024;  // No certificate is as large; /dev/zero is.
    // It might never open: whoever writes to it may not come.
    std::error_code ignored;
    if (std::filesystem::is_fifo(path, ignored)) throw Error(quoted(path) + " is a pipe");
    std::ifstream file(path, std::ios::binary);
    octets_.resize(kMax);
    if (file) file.read(octets_.data(), static_cast<std::streamsize>(kMax));
    if (!file.is_open() || file.bad())
      throw Error("cannot read " + quoted(path) + ": " + std::strerror(errno));
    size_ = static_cast<std::size_t>(file.gcount());
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { OPENSSL_cleanse(octets_.data(), octets_.size()); }

  [[nodiscard]] std::string_view octets() const { return std::string_view(octets_).substr(0, size_); }
  [[nodiscard]] BioPtr bio() const {
    return BioPtr(allocated(BIO_new_mem_buf(octets_.data(), static_cast<int>(size_))));
  }

 private:
  std::string octets_;
  std::size_t size_ = 0;
};

// A key with a passphrase is refused rather than asked for on a terminal nobody sits at.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

PrivateKeyPtr read_key(const std::string& path) {
  const Secret file(path);
  PrivateKeyPtr key(PEM_read_bio_PrivateKey(file.bio().get(), nullptr, no_passphrase, nullptr));
  if (!key) {
    const bool encrypted = file.octets().find("ENCRYPTED") != std::string_view::npos;
    ERR_clear_error();
    throw Error(encrypted ? "the private key in " + quoted(path) + " is protected by a passphrase"
                          : "no private key (PEM) in " + quoted(path));
  }
  return key;
}

std::vector<X509Ptr> read_certificates(const std::string& path) {
  const Secret file(path);
  const BioPtr bio = file.bio();
  std::vector<X509Ptr> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    certificates.emplace_back(certificate);
  }
  // The end of the file looks like a missing begin line. Anything else is a certificate that is broken.
  const bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason(take_reason());
  if (!end) throw Error("a certificate in " + quoted(path) + " cannot be read: " + reason);
  if (certificates.empty()) throw Error("no certificate (PEM) in " + quoted(path));
  return certificates;
}

OcspBasicPtr parse_ocsp(std::string_view der) {
  const auto* octets = reinterpret_cast<const unsigned char*>(der.data());
  const OcspResponsePtr response(d2i_OCSP_RESPONSE(nullptr, &octets, static_cast<long>(der.size())));
  if (!response || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) return nullptr;
  return OcspBasicPtr(OCSP_response_get1_basic(response.get()));
}

std::string read_ocsp_response(const std::string& path) {
  if (path.empty()) return {};
  std::string der(Secret(path).octets());
  const bool good = parse_ocsp(der) != nullptr;
  ERR_clear_error();
  if (!good) throw Error("no successful OCSP response (DER) in " + quoted(path));
  return der;
}

// What the response says of this certificate; nullptr: nothing. (By its number: the authority signs what it
// says, and clients look at who it is.)
OCSP_SINGLERESP* find_status(OCSP_BASICRESP& response, X509& certificate) {
  for (int i = 0; i < OCSP_resp_count(&response); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(&response, i);
    ASN1_INTEGER* serial = nullptr;
    auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single));  // Which is only looked at.
    OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, id);
    if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(&certificate)) == 0) return single;
  }
  return nullptr;
}

// What is wrong with the response at that time, if anything.
std::optional<std::string> ocsp_problem(std::string_view der, X509& certificate, std::time_t now) {
  const OcspBasicPtr basic = parse_ocsp(der);
  OCSP_SINGLERESP* single = basic ? find_status(*basic, certificate) : nullptr;
  if (single == nullptr) return "says nothing of it";
  ASN1_GENERALIZEDTIME* begin = nullptr;
  ASN1_GENERALIZEDTIME* end = nullptr;
  const int status = OCSP_single_get0_status(single, nullptr, nullptr, &begin, &end);
  if (status != V_OCSP_CERTSTATUS_GOOD) return std::string("calls it ") + OCSP_cert_status_str(status);
  if (begin != nullptr && ASN1_TIME_cmp_time_t(begin, now) > 0) return "is of the future";
  if (end != nullptr && ASN1_TIME_cmp_time_t(end, now) <= 0) return "is out of date";
  return std::nullopt;
}

std::string text(const ASN1_TIME* time) {
  const BioPtr bio(allocated(BIO_new(BIO_s_mem())));
  ASN1_TIME_print(bio.get(), time);
  const char* octets = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &octets);
  return {octets, static_cast<std::size_t>(size)};
}

}  // namespace

Certificate::Certificate(const CertificateFiles& files)
    : file_(files.certificate), ocsp_response_(read_ocsp_response(files.ocsp_response)) {
  std::vector<X509Ptr> certificates = read_certificates(files.certificate);
  certificate_ = std::move(certificates.front());
  std::move(certificates.begin() + 1, certificates.end(), std::back_inserter(chain_));
  key_ = read_key(files.private_key);
  if (X509_check_private_key(certificate_.get(), key_.get()) != 1) {
    ERR_clear_error();
    throw Error("the private key in " + quoted(files.private_key) + " is not that of the certificate in " +
                quoted(files.certificate));
  }
  install(*SslCtxPtr(allocated(SSL_CTX_new(TLS_server_method()))));  // Is it strong enough for OpenSSL?
}

bool Certificate::is_for(std::string_view host) const {
  // X509_check_host(3) takes ".test" for anything below "test", and a wildcard's own text for a name.
  if (host.empty() || host.front() == '.' ||
      host.find_first_of(std::string_view("*\0", 2)) != std::string_view::npos) {
    return false;
  }
  const std::string name(host);
  std::array<unsigned char, sizeof(in6_addr)> address{};
  std::size_t octets = 0;
  if (::inet_pton(AF_INET, name.c_str(), address.data()) == 1) octets = sizeof(in_addr);
  if (::inet_pton(AF_INET6, name.c_str(), address.data()) == 1) octets = sizeof(in6_addr);
  const int found = octets != 0 ? X509_check_ip(certificate_.get(), address.data(), octets, 0)
                                : X509_check_host(certificate_.get(), name.data(), name.size(),
                                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr);
  ERR_clear_error();
  return found == 1;
}

std::optional<std::string> Certificate::invalid_at(std::chrono::system_clock::time_point now) const {
  std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const ASN1_TIME* begin = X509_get0_notBefore(certificate_.get());
  const ASN1_TIME* end = X509_get0_notAfter(certificate_.get());
  if (X509_cmp_time(end, &seconds) < 0) {
    return "the certificate in " + quoted(file_) + " has expired on " + text(end);
  }
  if (X509_cmp_time(begin, &seconds) > 0) {
    return "the certificate in " + quoted(file_) + " is valid only from " + text(begin) + " on";
  }
  return std::nullopt;
}

std::vector<std::string> Certificate::warnings_at(std::chrono::system_clock::time_point now) const {
  std::vector<std::string> warnings;
  const bool self_signed = X509_self_signed(certificate_.get(), 0) == 1;
  ERR_clear_error();
  if (chain_.empty() && !self_signed) {
    warnings.push_back(quoted(file_) +
                       " holds one certificate and no chain; clients that do not know its issuer refuse it");
  }
  if (ocsp_response_.empty()) return warnings;
  if (const auto problem =
          ocsp_problem(ocsp_response_, *certificate_, std::chrono::system_clock::to_time_t(now))) {
    warnings.push_back("the OCSP response for the certificate in " + quoted(file_) + " " + *problem);
  }
  return warnings;
}

void Certificate::install(SSL_CTX& context) const {
  bool good = SSL_CTX_use_certificate(&context, certificate_.get()) == 1 &&
              SSL_CTX_use_PrivateKey(&context, key_.get()) == 1;
  for (const X509Ptr& link : chain_) good = good && SSL_CTX_add1_chain_cert(&context, link.get()) == 1;
  if (!good)
    throw Error("cannot use the certificate in " + quoted(file_) + ": " + std::string(take_reason()));
  if (ocsp_response_.empty()) return;
  SSL_CTX_set_tlsext_status_arg(&context, const_cast<Certificate*>(this));  // Given back as it is.
  SSL_CTX_set_tlsext_status_cb(&context, on_status_request);
}

int Certificate::on_status_request(SSL* ssl, void* certificate) {
  const std::string& response = static_cast<const Certificate*>(certificate)->ocsp_response_;
  void* copy = OPENSSL_memdup(response.data(), response.size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));  // Takes the copy over.
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace pollux::tls
