// All that is served: the sites, what they have in common, and the HTTP that each kind of listener gets.
//
// Thread: construction, set_https_port() and destruction one; the rest any.
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
  // `open_files`: descriptors the file caches may keep. `has_certificate`: whether https can be had for a
  // host; any thread may ask. Throws std::exception with a message for people.
  Sites(const Config& config, std::size_t open_files, const http::HttpsRedirect::IsOurs& has_certificate,
        const Lasting& lasting);
  Sites(const Sites&) = delete;
  Sites& operator=(const Sites&) = delete;

  [[nodiscard]] const http::Service& plain() const { return plain_; }  // The sites, or redirects to https.
  [[nodiscard]] const http::Service& https() const { return https_; }
  [[nodiscard]] const http::Service& status() const { return status_; }  // Of status.listen.

  // Where redirects lead to. REQUIRES: nothing is served yet.
  void set_https_port(std::uint16_t port) { redirect_.set_port(port); }

  // nullptr: there are no accounts.
  [[nodiscard]] MemberArea* member_area() { return member_area_.get(); }

  // Every WebSocket is told to end.
  void drain() {
    web_sockets_.drain();
    if (status_area_) status_area_->drain();
  }

  // Of all caches together.
  [[nodiscard]] files::FileCache::Usage cache_usage() const;
  [[nodiscard]] bool roots_are_there(TimePoint now) const;

  // There will be few requests any more: frees what the caches hold.
  void shrink();

 private:
  using List = std::vector<std::unique_ptr<HostedSite>>;  // The first is the one by default.
  using View = http::VirtualHost (HostedSite::*)() const;

  [[nodiscard]] List make_sites(const Config& config, std::size_t open_files);
  [[nodiscard]] http::Hosts hosts(View view) const;
  [[nodiscard]] http::Service make_service(const Config& config, const http::Hosts& hosts,
                                           const http::TrustedProxies& proxies) const;

  const std::atomic<bool>& draining_;  // See http::Service.
  const KnownNames names_;
  const websocket::EndpointOptions endpoint_options_;
  const http::TrustedProxies proxies_;
  const http::TrustedProxies no_proxies_{{}};  // Of status.listen, which no proxy is to know.
  AccessLogs access_logs_;
  const std::unique_ptr<http::RateLimit> rate_limit_;       // nullptr: there is none.
  const std::unique_ptr<compress::Compressor> compressor_;  // nullptr: no site has variants made.
  const files::TypeTable types_;
  const site::Access access_;
  const List sites_;
  const http::Hosts https_hosts_;  // Also for handlers that the sites share.
  // What waits for the hash of a password, or for a directory, does it there. nullptr: nothing does.
  const std::unique_ptr<http::JobPool> hashing_;
  const std::unique_ptr<http::JobPool> listing_;
  http::Echo echo_;
  WebSockets web_sockets_;
  const std::unique_ptr<MemberArea> member_area_;
  const http::Hosts strangers_hosts_;
  http::RoutedByHost for_strangers_;               // What they find in the place of the status area.
  const std::unique_ptr<StatusArea> status_area_;  // nullptr: nothing is said.
  http::HttpsRedirect redirect_;
  const http::Hosts plain_hosts_;
  const http::Hosts status_hosts_;
  http::Service plain_;
  http::Service https_;
  http::Service status_;
};

}  // namespace pollux::server
