// TLS for the clients of one thread: a context, and with --resume the session to resume for each origin.
//
// Thread: that of the clients. Each thread has its own: threads would contend for the context's counters.
#pragma once

#include <memory>
#include <unordered_map>

#include "castor/target.h"
#include "tls/client_context.h"
#include "tls/session.h"

namespace pollux::castor {

class TlsSessions {
 public:
  struct Settings {
    bool resume = false;
    bool keep_buffers = false;  // Between records: saves a tenth of the time, costs 34 KiB a connection.
  };

  // `context`: nullptr if no origin is https.
  TlsSessions(std::shared_ptr<const tls::ClientContext> context, Settings settings)
      : context_(std::move(context)), settings_(settings) {}

  // A session with its first flight in output(); nullptr: OpenSSL refuses, for example because of the name.
  [[nodiscard]] std::unique_ptr<tls::Session> begin(const Origin& origin) const;

  // With --resume: the next session with this origin resumes that one.
  void remember(const Origin& origin, tls::Session& session);

 private:
  using SslSessionPtr = std::unique_ptr<SSL_SESSION, tls::Freed<SSL_SESSION_free>>;

  const std::shared_ptr<const tls::ClientContext> context_;  // Shared: sessions keep it alive.
  const Settings settings_;
  std::unordered_map<const Origin*, SslSessionPtr> remembered_;
};

}  // namespace pollux::castor
