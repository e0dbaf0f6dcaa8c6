#include "server/sites/tls_identity.h"

namespace pollux::server {

std::vector<tls::CertificateFiles> certificate_files(const TlsConfig& config) {
  std::vector<tls::CertificateFiles> files;
  for (std::size_t i = 0; i < config.certificates.size(); ++i) {
    const bool stapled = i < config.ocsp_responses.size();
    files.push_back({.certificate = config.certificates[i],
                     .private_key = config.private_keys[i],
                     .ocsp_response = stapled ? config.ocsp_responses[i] : std::string()});
  }
  return files;
}

// With accounts, clients send passwords.
std::unique_ptr<const TlsIdentity> make_identity(const Config& config, tls::TicketKeys& keys) {
  if (config.tls.listen.empty()) return nullptr;
  // A service manager may have passed a socket for https although tls.listen is off; then nothing was
  // checked.
  if (config.tls.certificates.empty()) throw tls::Error("tls.listen: there is no tls.certificate");
  return std::make_unique<const TlsIdentity>(
      config.tls, keys,
      tls::ServerOptions{
          .least = config.tls.min_version,
          .plaintext = config.accounts.enabled ? tls::Plaintext::kOverwritten : tls::Plaintext::kLeft,
          .http2 = config.server.http2});
}

TlsIdentity::TlsIdentity(const TlsConfig& config, tls::TicketKeys& keys, const tls::ServerOptions& options)
    : context_(std::make_shared<const tls::ServerContext>(certificate_files(config), keys, options)) {}

std::unique_ptr<tls::Session> TlsIdentity::new_session() const {
  return std::make_unique<tls::Session>(context_->make_ssl(), context_);
}

}  // namespace pollux::server
