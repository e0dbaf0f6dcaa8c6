// The certificates that the server presents under a configuration.
//
// Each session keeps the context it began with, so new certificates cost no connection. The keys of session
// tickets are not replaced along with them, so clients can still resume their sessions.
//
// Thread: any. Constant after construction.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "server/config/config.h"
#include "tls/server_context.h"
#include "tls/session.h"

namespace pollux::server {

class TlsIdentity {
 public:
  // `keys` must outlive the sessions. Throws tls::Error.
  TlsIdentity(const TlsConfig& config, tls::TicketKeys& keys, const tls::ServerOptions& options);

  [[nodiscard]] std::unique_ptr<tls::Session> new_session() const;  // Throws std::bad_alloc.
  [[nodiscard]] bool is_for(std::string_view host) const { return context_->is_for(host); }

 private:
  const std::shared_ptr<const tls::ServerContext> context_;  // Shared with its sessions.
};

// nullptr: no TLS. Throws tls::Error, for example when there is no certificate.
[[nodiscard]] std::unique_ptr<const TlsIdentity> make_identity(const Config& config, tls::TicketKeys& keys);

// The files of each certificate. REQUIRES: the lists fit together (config_check.h).
[[nodiscard]] std::vector<tls::CertificateFiles> certificate_files(const TlsConfig& config);

}  // namespace pollux::server
