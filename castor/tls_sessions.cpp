#include "castor/tls_sessions.h"

namespace pollux::castor {

std::unique_ptr<tls::Session> TlsSessions::begin(const Origin& origin) const {
  try {
    auto session = std::make_unique<tls::Session>(context_->make_ssl(origin.host), context_);
    if (settings_.keep_buffers) SSL_clear_mode(&session->ssl(), SSL_MODE_RELEASE_BUFFERS);
    if (const auto found = remembered_.find(&origin); found != remembered_.end()) {
      SSL_set_session(&session->ssl(), found->second.get());
    }
    return session->begin() == tls::Session::Result::kOk ? std::move(session) : nullptr;
  } catch (const tls::Error&) {
    return nullptr;
  }
}

void TlsSessions::remember(const Origin& origin, tls::Session& session) {
  if (!settings_.resume) return;
  SslSessionPtr latest(SSL_get1_session(&session.ssl()));
  if (latest && SSL_SESSION_is_resumable(latest.get()) == 1) remembered_[&origin] = std::move(latest);
}

}  // namespace pollux::castor
