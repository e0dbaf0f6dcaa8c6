// One site of the server: its files by its rules, its error pages, its log, and the routes to all that
// answers on it.
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

// Where the rules of a site come from.
[[nodiscard]] site::RuleSources rule_sources(const SiteConfig& site, const RulesConfig& rules);

class HostedSite {
 public:
  // What all sites share; it outlives them.
  struct Shared {
    const Config& config;
    const files::FileCache::Limits& cache;  // Of each site.
    compress::Compressor* compressor;       // nullptr: no site has variants made.
    AccessLogs& access_logs;
    const files::TypeTable& types;
    const site::Access& access;
  };

  // Throws std::exception with a message for people.
  HostedSite(const SiteConfig& site, const Shared& shared);
  HostedSite(const HostedSite&) = delete;
  HostedSite& operator=(const HostedSite&) = delete;

  // What all sites have beside their files. `members`: nullptr: there are no accounts.
  void add_routes(WebSockets& web_sockets, http::Handler& echo, MemberArea* members);
  void add_redirect(http::HttpsRedirect& redirect);
  void set_pools(const site::StaticSite::Pools& pools) { files_.set_pools(pools); }

  [[nodiscard]] const SiteConfig& config() const { return config_; }
  [[nodiscard]] files::FileCache& cache() { return cache_; }
  [[nodiscard]] http::Router& routes() { return routes_; }
  [[nodiscard]] http::Router& status_routes() { return status_routes_; }

  // As sessions see it: over https, or over http if that is not just for redirects; on the listeners of the
  // status area; over http that is; and what those find who are not to see the status area.
  [[nodiscard]] http::VirtualHost host() const { return host_of(routes_); }
  [[nodiscard]] http::VirtualHost status_host() const { return host_of(status_routes_); }
  [[nodiscard]] http::VirtualHost redirecting_host() const { return host_of(redirect_all_); }
  [[nodiscard]] http::VirtualHost for_strangers() const { return host_of(files_and_members_); }

 private:
  [[nodiscard]] http::VirtualHost host_of(const http::Router& router) const {
    return {.router = router, .errors = errors_, .navigation = navigation_, .access_log = access_log_};
  }

  const SiteConfig& config_;
  http::AccessLog* const access_log_;  // nullptr: none is kept.
  site::SiteRules rules_;
  files::FileCache cache_;
  files::SiteErrorPages errors_;
  site::StaticSite files_;
  files::StaticFiles challenges_;  // For HttpsRedirect::kChallenges.
  const files::StartPageNavigation navigation_;
  std::unique_ptr<accounts::Members> members_;  // nullptr: nothing is for members alone.
  http::Router files_and_members_;
  http::Router routes_;
  http::Router status_routes_;  // The same, and the status area, when that has listeners of its own.
  http::Router redirect_all_;
};

}  // namespace pollux::server
