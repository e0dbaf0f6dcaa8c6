#include "server/tls_identity.h"

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

TlsIdentity::TlsIdentity(const TlsConfig& config, tls::TicketKeys& keys, const tls::ServerOptions& options)
    : context_(std::make_shared<const tls::ServerContext>(certificate_files(config), keys, options)) {}

std::unique_ptr<tls::Session> TlsIdentity::new_session() const {
  return std::make_unique<tls::Session>(context_->make_ssl(), context_);
}

}  // namespace pollux::server
