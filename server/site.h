// The site: its files, the handlers that answer for them, and the HTTP that each kind of listener gets.
//
// Thread: construction, set_https_port() and destruction on the main thread; the rest on any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "http/access_log.h"
#include "http/echo.h"
#include "http/error_pages.h"
#include "http/file_cache.h"
#include "http/handler.h"
#include "http/https_redirect.h"
#include "http/navigation.h"
#include "http/rate_limit.h"
#include "http/service.h"
#include "http/static_files.h"
#include "server/config.h"
#include "server/known_names.h"
#include "server/member_area.h"
#include "server/status_area.h"
#include "server/web_sockets.h"

namespace pollux::server {

class Site {
 public:
  // `open_files`: descriptors the file cache may keep. `has_certificate`: whether https can be had for a
  // host; any thread may ask. Throws std::exception with a message for people.
  Site(const Config& config, std::size_t open_files, const http::HttpsRedirect::IsOurs& has_certificate);
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  [[nodiscard]] const http::Service& plain() const { return plain_; }  // The site, or redirects to https.
  [[nodiscard]] const http::Service& https() const { return https_; }
  [[nodiscard]] const http::Service& status() const { return status_; }  // Of status.listen.

  // Where redirects lead to. REQUIRES: nothing is served yet.
  void set_https_port(std::uint16_t port) { redirect_.set_port(port); }

  // nullptr: the site has no accounts.
  [[nodiscard]] MemberArea* member_area() { return member_area_.get(); }

  // Every answer from now on ends its connection, and so does every WebSocket.
  void drain() {
    draining_.store(true, std::memory_order_relaxed);
    web_sockets_.drain();
    if (status_area_) status_area_->drain();
  }

  void reopen_access_log();

 private:
  [[nodiscard]] http::Service make_service(const Config& config, const http::Router& router,
                                           const http::TrustedProxies& proxies) const;
  void add_routes(const Config& config);

  std::atomic<bool> draining_{false};  // See http::Service.
  const KnownNames names_;
  const websocket::EndpointOptions endpoint_options_;
  const http::TrustedProxies proxies_;
  const http::TrustedProxies no_proxies_{{}};    // Of status.listen, which no proxy is to know.
  std::unique_ptr<http::AccessLog> access_log_;  // nullptr: none is kept.
  // nullptr: there is none.
  const std::unique_ptr<http::RateLimit> rate_limit_;
  http::FileCache cache_;
  http::ErrorPages errors_;
  http::StaticFiles files_;
  const http::Navigation navigation_;
  http::Echo echo_;
  WebSockets web_sockets_;
  const std::unique_ptr<MemberArea> member_area_;
  http::Router files_and_members_;
  http::Routed for_strangers_;                     // What they find in the place of the status area.
  const std::unique_ptr<StatusArea> status_area_;  // nullptr: nothing is said.
  http::Router routes_;
  http::Router status_routes_;  // The same, and the status area, when that has listeners of its own.
  http::HttpsRedirect redirect_;
  http::Router redirect_all_;
  http::Service plain_;
  http::Service https_;
  http::Service status_;
};

}  // namespace pollux::server
