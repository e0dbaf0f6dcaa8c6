#include "server/site.h"

#include <fmt/format.h>

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

}  // namespace

Site::Site(const Config& config, std::size_t open_files, http::HttpsRedirect::IsOurs has_certificate)
    : access_log_(make_access_log(config.log)),
      cache_(http::ResourceLoader(config.site.root, config.site.index, config.site.cache_control),
             {.entries = config.limits.cache_files,
              .memory = config.limits.cache_memory,
              .open_files = open_files}),
      errors_(cache_, config.site.error_pages),
      files_(cache_, errors_, config.limits.ranges),
      echo_(errors_),
      member_area_(config.accounts.enabled ? std::make_unique<MemberArea>(config, errors_, files_) : nullptr),
      web_sockets_(config, errors_),
      status_area_(config.status.enabled
                       ? std::make_unique<StatusArea>(config, cache_, errors_, files_, draining_)
                       : nullptr),
      routes_(files_),
      redirect_(std::move(has_certificate), errors_),
      redirect_all_(redirect_),
      plain_(make_service(config, config.tls.redirect_http ? redirect_all_ : routes_)),
      https_(make_service(config, routes_)) {
  https_.secure = true;
  https_.fields = hsts_field(config.tls.hsts);  // A browser ignores it on a plain connection.
  redirect_all_.add_below(http::HttpsRedirect::kChallenges, files_);
  if (config.site.echo) routes_.add(http::Echo::kPath, echo_);
  web_sockets_.add_to(routes_, config.site);
  if (status_area_) status_area_->add_to(routes_);
  if (member_area_) member_area_->add_to(routes_);
}

http::Service Site::make_service(const Config& config, const http::Router& router) const {
  return {.router = router,
          .errors = errors_,
          .access_log = access_log_.get(),
          .limits = parser_limits(config.limits),
          .body_pace = {.grace = config.timeouts.body, .octets_per_second = config.limits.body_rate},
          .keepalive_requests = config.limits.keepalive_requests,
          .fields = {},
          .draining = draining_};
}

void Site::reopen_access_log() {
  if (access_log_) access_log_->sink().reopen();
}

}  // namespace pollux::server
