#include "server/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/logging.h"

namespace pollux::server {

namespace {

http::ParserLimits parser_limits(const LimitsConfig& limits) {
  return {.request_line = limits.request_line,
          .headers = limits.headers,
          .header_fields = limits.header_fields,
          .body = limits.body};
}

// RFC 6797 6.1
std::string hsts_field(std::chrono::milliseconds age) {
  if (age == std::chrono::milliseconds(0)) return {};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age);
  return fmt::format("Strict-Transport-Security: max-age={}\r\n", seconds.count());
}

bool is_protected(const SiteConfig& site, std::string_view path) {
  return std::any_of(site.members_only.begin(), site.members_only.end(),
                     [path](const std::string& prefix) { return path.starts_with(prefix); });
}

}  // namespace

Site::Site(const Config& config, std::size_t open_files, const http::HttpsRedirect::IsOurs& has_certificate)
    : names_(has_certificate),
      endpoint_options_(endpoint_options(config.websocket, names_)),
      proxies_(config.server.trusted_proxies),
      access_log_(make_access_log(config.log)),
      cache_(http::ResourceLoader(config.site.root, config.site.index, config.site.cache_control,
                                  config.site.sendfile),
             {.entries = config.limits.cache_files,
              .memory = config.limits.cache_memory,
              .open_files = open_files}),
      errors_(cache_, config.site.error_pages),
      files_(cache_, errors_, config.limits.ranges),
      navigation_(cache_, !is_protected(config.site, "/")),
      echo_(errors_),
      web_sockets_(endpoint_options_, errors_),
      member_area_(config.accounts.enabled ? std::make_unique<MemberArea>(config, navigation_, errors_,
                                                                          files_, web_sockets_.chat())
                                           : nullptr),
      files_and_members_(files_),
      for_strangers_(files_and_members_),
      status_area_(config.status.enabled
                       ? std::make_unique<StatusArea>(config, endpoint_options_, cache_, navigation_, errors_,
                                                      for_strangers_, draining_)
                       : nullptr),
      routes_(files_),
      status_routes_(files_),
      redirect_(has_certificate, errors_),
      redirect_all_(redirect_),
      plain_(make_service(config, config.tls.redirect_http ? redirect_all_ : routes_, proxies_)),
      https_(make_service(config, routes_, proxies_)),
      status_(make_service(config, status_routes_, no_proxies_)) {
  https_.secure = true;
  https_.fields = hsts_field(config.tls.hsts);  // A browser ignores it on a plain connection.
  redirect_all_.add_below(http::HttpsRedirect::kChallenges, files_);
  if (member_area_) member_area_->add_to(files_and_members_, config.site);
  add_routes(config);
}

void Site::add_routes(const Config& config) {
  if (status_area_) status_area_->add_to(config.status.listen.empty() ? routes_ : status_routes_);
  for (http::Router* router : {&routes_, &status_routes_}) {
    if (config.site.echo) router->add(http::Echo::kPath, echo_);
    if (member_area_) member_area_->add_to(*router, config.site);
    web_sockets_.add_to(*router, config.site);  // Where there are members, their chat comes first.
  }
}

http::Service Site::make_service(const Config& config, const http::Router& router,
                                 const http::TrustedProxies& proxies) const {
  return {.router = router,
          .errors = errors_,
          .access_log = access_log_.get(),
          .limits = parser_limits(config.limits),
          .body_pace = {.grace = config.timeouts.body, .octets_per_second = config.limits.body_rate},
          .keepalive_requests = config.limits.keepalive_requests,
          .proxies = proxies,
          .fields = {},
          .draining = draining_};
}

void Site::reopen_access_log() {
  if (access_log_) access_log_->sink().reopen();
}

}  // namespace pollux::server
