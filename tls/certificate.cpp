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

namespace pollux::tls {

namespace {

using OcspResponsePtr = std::unique_ptr<OCSP_RESPONSE, Freed<OCSP_RESPONSE_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
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

// Whether a PEM of this kind, or one whose name ends like it, begins in the file.
bool holds(const Secret& file, std::string_view kind) {
  return file.octets().find(std::string(kind) + "-----") != std::string_view::npos;
}

// A key with a passphrase is refused rather than asked for on a terminal nobody sits at.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

PrivateKeyPtr read_key(const std::string& path) {
  const Secret file(path);
  PrivateKeyPtr key(PEM_read_bio_PrivateKey(file.bio().get(), nullptr, no_passphrase, nullptr));
  if (!key) {
    const bool encrypted = file.octets().find("ENCRYPTED") != std::string_view::npos;
    ERR_clear_error();
    if (encrypted) throw Error("the private key in " + quoted(path) + " is protected by a passphrase");
    throw Error("no private key (PEM) in " + quoted(path) +
                (holds(file, "CERTIFICATE") ? ", but a certificate: have the two files been swapped?" : ""));
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
  if (certificates.empty()) {
    throw Error("no certificate (PEM) in " + quoted(path) +
                (holds(file, "PRIVATE KEY") ? ", but a private key: have the two files been swapped?" : ""));
  }
  return certificates;
}

void require_match(const CertificateFiles& files, X509& certificate, EVP_PKEY& key) {
  const bool match = X509_check_private_key(&certificate, &key) == 1;
  ERR_clear_error();
  if (match) return;
  throw Error("the private key in " + quoted(files.private_key) + " is not that of the certificate in " +
              quoted(files.certificate));
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

std::vector<FileProblem> file_problems(const CertificateFiles& files) {
  std::vector<FileProblem> problems;
  const auto attempt = [&](std::string CertificateFiles::*file, const auto& read) {
    try {
      read();
    } catch (const Error& error) {
      problems.push_back({file, error.what()});
    }
  };
  std::vector<X509Ptr> certificates;
  PrivateKeyPtr key;
  attempt(&CertificateFiles::certificate, [&] { certificates = read_certificates(files.certificate); });
  attempt(&CertificateFiles::private_key, [&] {
    key = read_key(files.private_key);
    if (!certificates.empty()) require_match(files, *certificates.front(), *key);
  });
  attempt(&CertificateFiles::ocsp_response, [&] { (void)read_ocsp_response(files.ocsp_response); });
  return problems;
}

Certificate::Certificate(const CertificateFiles& files)
    : file_(files.certificate),
      chain_(allocated(sk_X509_new_null())),
      ocsp_response_(read_ocsp_response(files.ocsp_response)) {
  std::vector<X509Ptr> certificates = read_certificates(files.certificate);
  certificate_ = std::move(certificates.front());
  for (std::size_t i = 1; i < certificates.size(); ++i) {
    if (sk_X509_push(chain_.get(), certificates[i].get()) == 0) throw std::bad_alloc();
    (void)certificates[i].release();  // The chain's now.
  }
  key_ = read_key(files.private_key);
  require_match(files, *certificate_, *key_);
  install(*SslCtxPtr(allocated(SSL_CTX_new(TLS_server_method()))));  // Is it strong enough for OpenSSL?
}

bool Certificate::is_for(std::string_view host) const { return certificate_is_for(*certificate_, host); }

bool certificate_is_for(const X509& certificate, std::string_view host) {
  // X509_check_host(3) takes ".test" for anything below "test", and a wildcard's own text for a name.
  if (host.empty() || host.front() == '.' ||
      host.find_first_of(std::string_view("*\0", 2)) != std::string_view::npos) {
    return false;
  }
  std::string name(host);
  std::array<unsigned char, sizeof(in6_addr)> address{};
  std::size_t octets = 0;
  if (::inet_pton(AF_INET, name.c_str(), address.data()) == 1) octets = sizeof(in_addr);
  if (::inet_pton(AF_INET6, name.c_str(), address.data()) == 1) octets = sizeof(in6_addr);
  if (octets == 0 && name.ends_with('.')) name.pop_back();
  const int found = octets != 0 ? X509_check_ip(const_cast<X509*>(&certificate), address.data(), octets, 0)
                                : X509_check_host(const_cast<X509*>(&certificate), name.data(), name.size(),
                                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr);
  ERR_clear_error();
  return found == 1;
}

std::string Certificate::name() const {
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate_.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* entry = sk_GENERAL_NAME_value(names.get(), i);
    if (entry->type != GEN_DNS) continue;
    const auto* octets = reinterpret_cast<const char*>(ASN1_STRING_get0_data(entry->d.dNSName));
    std::string name(octets, static_cast<std::size_t>(ASN1_STRING_length(entry->d.dNSName)));
    if (name.starts_with("*.")) name.front() = 'x';
    if (is_for(name)) return name;
  }
  return {};
}

int Certificate::key_type() const { return EVP_PKEY_get_base_id(key_.get()); }

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
  for (auto& warning : {chain_warning(), ocsp_warning_at(now)}) {
    if (warning) warnings.push_back(*warning);
  }
  return warnings;
}

std::optional<std::string> Certificate::chain_warning() const {
  const bool self_signed = X509_self_signed(certificate_.get(), 0) == 1;
  ERR_clear_error();
  if (sk_X509_num(chain_.get()) != 0 || self_signed) return std::nullopt;
  return quoted(file_) + " holds one certificate and no chain; clients that do not know its issuer refuse it";
}

std::optional<std::string> Certificate::ocsp_warning_at(std::chrono::system_clock::time_point now) const {
  if (ocsp_response_.empty()) return std::nullopt;
  const auto problem = ocsp_problem(ocsp_response_, *certificate_, std::chrono::system_clock::to_time_t(now));
  if (!problem) return std::nullopt;
  return "the OCSP response for the certificate in " + quoted(file_) + " " + *problem;
}

void Certificate::install(SSL_CTX& context) const {
  if (SSL_CTX_use_cert_and_key(&context, certificate_.get(), key_.get(), chain_.get(), 1) != 1) {
    throw Error("cannot use the certificate in " + quoted(file_) + ": " + std::string(take_reason()));
  }
}

bool Certificate::add_to(SSL& ssl) const {
  const bool added = SSL_use_cert_and_key(&ssl, certificate_.get(), key_.get(), chain_.get(), 1) == 1;
  ERR_clear_error();
  return added;
}

}  // namespace pollux::tls
