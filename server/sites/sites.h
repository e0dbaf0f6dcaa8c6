// All sites that are served, the objects they share, and the HTTP that each kind of listener gets.
//
// Thread: construction, set_https_port() and destruction one; the other methods any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "compress/compressor.h"
#include "http/echo.h"
#include "http/https_redirect.h"
#include "http/rate_limit.h"
#include "http/service.h"
#include "server/config/config.h"
#include "server/lasting.h"
#include "server/sites/access_logs.h"
#include "server/sites/hosted_site.h"
#include "server/sites/known_names.h"
#include "server/sites/member_area.h"
#include "server/sites/status_area.h"
#include "server/sites/web_sockets.h"

namespace pollux::server {

class Sites {
 public:
  // `open_files`: maximum of descriptors that the file caches keep. `has_certificate`: whether https is
  // available for a host; called on any thread. Throws std::exception with a message for people.
  Sites(const Config& config, std::size_t open_files, const http::HttpsRedirect::IsOurs& has_certificate,
        const Lasting& lasting);
  Sites(const Sites&) = delete;
  Sites& operator=(const Sites&) = delete;

  [[nodiscard]] const http::Service& plain() const { return plain_; }  // The sites, or redirects to https.
  [[nodiscard]] const http::Service& https() const { return https_; }
  [[nodiscard]] const http::Service& status() const { return status_; }  // For status.listen.

  // The port that redirects lead to. REQUIRES: nothing is served yet.
  void set_https_port(std::uint16_t port) { redirect_.set_port(port); }

  // nullptr: there are no accounts.
  [[nodiscard]] MemberArea* member_area() { return member_area_.get(); }

  // Tells every WebSocket to end.
  void drain() {
    web_sockets_.drain();
    if (status_area_) status_area_->drain();
  }

  // The total of all caches.
  [[nodiscard]] files::FileCache::Usage cache_usage() const;
  [[nodiscard]] bool roots_are_there(TimePoint now) const;

  // Few requests will follow: frees the contents of the caches.
  void shrink();

 private:
  using List = std::vector<std::unique_ptr<HostedSite>>;  // The first is the default site.
  using View = http::VirtualHost (HostedSite::*)() const;

  [[nodiscard]] List make_sites(const Config& config, std::size_t open_files);
  [[nodiscard]] http::Hosts hosts(View view) const;
  [[nodiscard]] http::Service make_service(const Config& config, const http::Hosts& hosts,
                                           const http::TrustedProxies& proxies) const;

  const std::atomic<bool>& draining_;  // See http::Service.
  const KnownNames names_;
  const websocket::EndpointOptions endpoint_options_;
  const http::TrustedProxies proxies_;
  const http::TrustedProxies no_proxies_{{}};  // For status.listen, which trusts no proxy.
  AccessLogs access_logs_;
  const std::unique_ptr<http::RateLimit> rate_limit_;       // nullptr: no limit.
  const std::unique_ptr<compress::Compressor> compressor_;  // nullptr: no site makes variants.
  const files::TypeTable types_;
  const site::Access access_;
  const List sites_;
  const http::Hosts https_hosts_;  // Also used by handlers that the sites share.
  // Hashes passwords and reads directories. nullptr: neither is needed.
  const std::unique_ptr<http::JobPool> hashing_;
  const std::unique_ptr<http::JobPool> listing_;
  http::Echo echo_;
  WebSockets web_sockets_;
  const std::unique_ptr<MemberArea> member_area_;
  const http::Hosts strangers_hosts_;
  http::RoutedByHost for_strangers_;               // Replaces the status area for strangers.
  const std::unique_ptr<StatusArea> status_area_;  // nullptr: no status pages.
  http::HttpsRedirect redirect_;
  const http::Hosts plain_hosts_;
  const http::Hosts status_hosts_;
  http::Service plain_;
  http::Service https_;
  http::Service status_;
};

}  // namespace pollux::server
