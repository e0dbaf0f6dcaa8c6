// One site of the server: its files and their rules, its error pages, its log, and the routes to its
// handlers.
//
// Thread: construction, set-up and destruction on the main thread; the handlers on any.
#pragma once

#include <cstddef>
#include <memory>

#include "accounts/members.h"
#include "compress/compressor.h"
#include "files/file_cache.h"
#include "files/site_error_pages.h"
#include "files/start_page_navigation.h"
#include "files/static_files.h"
#include "http/access_log.h"
#include "http/handler.h"
#include "http/hosts.h"
#include "http/https_redirect.h"
#include "server/config/config.h"
#include "server/sites/access_logs.h"
#include "server/sites/member_area.h"
#include "server/sites/web_sockets.h"
#include "site/rules.h"
#include "site/static_site.h"

namespace pollux::server {

// The sources of a site's rules.
[[nodiscard]] site::RuleSources rule_sources(const SiteConfig& site, const RulesConfig& rules);

class HostedSite {
 public:
  // Objects that all sites share; they outlive the sites.
  struct Shared {
    const Config& config;
    const files::FileCache::Limits& cache;  // For each site.
    compress::Compressor* compressor;       // nullptr: no site makes variants.
    AccessLogs& access_logs;
    const files::TypeTable& types;
    const site::Access& access;
  };

  // Throws std::exception with a message for people.
  HostedSite(const SiteConfig& site, const Shared& shared);
  HostedSite(const HostedSite&) = delete;
  HostedSite& operator=(const HostedSite&) = delete;

  // Routes that all sites have beside their files. `members`: nullptr: there are no accounts.
  void add_routes(WebSockets& web_sockets, http::Handler& echo, MemberArea* members);
  void add_redirect(http::HttpsRedirect& redirect);
  void set_pools(const site::StaticSite::Pools& pools) { files_.set_pools(pools); }

  [[nodiscard]] const SiteConfig& config() const { return config_; }
  [[nodiscard]] files::FileCache& cache() { return cache_; }
  [[nodiscard]] http::Router& routes() { return routes_; }
  [[nodiscard]] http::Router& status_routes() { return status_routes_; }

  // The site as sessions see it. host(): over https, or over http unless that only redirects. status_host():
  // on the listeners of the status area. redirecting_host(): over http that only redirects. for_strangers():
  // for clients who may not see the status area.
  [[nodiscard]] http::VirtualHost host() const { return host_of(routes_); }
  [[nodiscard]] http::VirtualHost status_host() const { return host_of(status_routes_); }
  [[nodiscard]] http::VirtualHost redirecting_host() const { return host_of(redirect_all_); }
  [[nodiscard]] http::VirtualHost for_strangers() const { return host_of(files_and_members_); }

 private:
  [[nodiscard]] http::VirtualHost host_of(const http::Router& router) const {
    return {.router = router, .errors = errors_, .navigation = navigation_, .access_log = access_log_};
  }

  const SiteConfig& config_;
  http::AccessLog* const access_log_;  // nullptr: no log is kept.
  site::SiteRules rules_;
  files::FileCache cache_;
  files::SiteErrorPages errors_;
  site::StaticSite files_;
  files::StaticFiles challenges_;  // For HttpsRedirect::kChallenges.
  const files::StartPageNavigation navigation_;
  std::unique_ptr<accounts::Members> members_;  // nullptr: no files are for members only.
  http::Router files_and_members_;
  http::Router routes_;
  http::Router status_routes_;  // The same with the status area, when that has listeners of its own.
  http::Router redirect_all_;
};

}  // namespace pollux::server
