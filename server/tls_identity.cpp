#include "server/tls_identity.h"

#include <utility>

#include "log/logger.h"

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

// With accounts, passwords come in.
std::unique_ptr<TlsIdentity> make_identity(const Config& config) {
  if (config.tls.listen.empty()) return nullptr;
  // A service manager may have given a socket for https where tls.listen is off, and nothing was checked.
  if (config.tls.certificates.empty()) throw tls::Error("tls.listen: there is no tls.certificate");
  return std::make_unique<TlsIdentity>(
      config.tls, tls::ServerOptions{.least = config.tls.min_version,
                                     .plaintext = config.accounts.enabled ? tls::Plaintext::kOverwritten
                                                                          : tls::Plaintext::kLeft,
                                     .http2 = config.server.http2});
}

TlsIdentity::TlsIdentity(TlsConfig config, const tls::ServerOptions& options)
    : config_(std::move(config)), options_(options), context_(load()) {}

std::shared_ptr<const tls::ServerContext> TlsIdentity::load() {
  return std::make_shared<const tls::ServerContext>(certificate_files(config_), ticket_keys_, options_);
}

std::shared_ptr<const tls::ServerContext> TlsIdentity::context() const {
  const MutexLock lock(mutex_);
  return context_;
}

std::unique_ptr<tls::Session> TlsIdentity::new_session() const {
  auto context = this->context();
  auto ssl = context->make_ssl();
  return std::make_unique<tls::Session>(std::move(ssl), std::move(context));
}

void TlsIdentity::reload() {
  try {
    auto fresh = load();
    const auto now = std::chrono::system_clock::now();
    for (const auto& certificate : fresh->certificates()) {
      if (const auto problem = certificate->invalid_at(now)) throw tls::Error(*problem);
      for (const std::string& warning : certificate->warnings_at(now)) log::warn("{}", warning);
    }
    const MutexLock lock(mutex_);
    context_.swap(fresh);
  } catch (const std::exception& error) {
    return log::error("the certificates were not replaced: {}", error.what());
  }
  log::info("the certificates were read again");
}

}  // namespace pollux::server
