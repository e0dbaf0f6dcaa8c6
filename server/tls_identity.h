// The certificates the server presents, and how they are replaced while it serves.
//
// Each session keeps the context it began with, so new certificates cost no connection. The keys of session
// tickets are not replaced with them: clients resume their sessions all the same.
//
// Thread: any.
#pragma once

#include <memory>
#include <string_view>

#include "base/mutex.h"
#include "server/config.h"
#include "tls/server_context.h"
#include "tls/session.h"

namespace pollux::server {

class TlsIdentity {
 public:
  // Throws tls::Error.
  TlsIdentity(TlsConfig config, const tls::ServerOptions& options);

  [[nodiscard]] std::unique_ptr<tls::Session> new_session() const;  // Throws std::bad_alloc.
  [[nodiscard]] bool is_for(std::string_view host) const { return context()->is_for(host); }

  // Reads the files again. If they are not good, the log says why, and what was there goes on.
  void reload();

  // To be called once in tls::TicketKeys::kPeriod.
  void rotate_ticket_keys() { ticket_keys_.rotate(); }

  // For an upgrade: the successor resumes the sessions that were begun with these.
  [[nodiscard]] tls::TicketKeys& ticket_keys() { return ticket_keys_; }

 private:
  [[nodiscard]] std::shared_ptr<const tls::ServerContext> load();
  [[nodiscard]] std::shared_ptr<const tls::ServerContext> context() const EXCLUDES(mutex_);

  const TlsConfig config_;
  const tls::ServerOptions options_;
  tls::TicketKeys ticket_keys_;
  mutable Mutex mutex_;
  std::shared_ptr<const tls::ServerContext> context_ GUARDED_BY(mutex_);  // Shared with its sessions.
};

// nullptr: no TLS. Throws tls::Error, as when there is no certificate.
[[nodiscard]] std::unique_ptr<TlsIdentity> make_identity(const Config& config);

// The files of one certificate each. REQUIRES: the lists fit together (config_check.h).
[[nodiscard]] std::vector<tls::CertificateFiles> certificate_files(const TlsConfig& config);

}  // namespace pollux::server
