#include "server/sites/sites.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/concurrency_model.h"

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

std::unique_ptr<compress::Compressor> make_compressor(const Config& config) {
  const bool wanted =
      config.site.compress || std::any_of(config.sites.begin(), config.sites.end(),
                                          [](const SiteConfig& site) { return site.compress; });
  return wanted ? std::make_unique<compress::Compressor>() : nullptr;
}

files::TypeTable make_types(const RulesConfig& rules) {
  std::vector<files::TypeTable::Row> rows;
  for (const RulesConfig::Type& type : rules.types) rows.push_back({type.extension, type.type});
  return files::TypeTable(rows);
}

std::vector<site::AuthOptions> auth_options(const RulesConfig& rules) {
  std::vector<site::AuthOptions> options;
  for (const RulesConfig::Auth& auth : rules.auth) options.push_back({auth.pattern, auth.file, auth.realm});
  return options;
}

std::vector<site::CorsSection> cors_sections(const RulesConfig& rules) {
  std::vector<site::CorsSection> sections;
  for (const RulesConfig::Cors& cors : rules.cors) sections.push_back({cors.pattern, cors.options});
  return sections;
}

// What a member takes over, clang-tidy 14 no longer sees in so long a constructor.
// NOLINTBEGIN(clang-analyzer-cplusplus.NewDeleteLeaks)
std::unique_ptr<http::JobPool> make_pool(const char* name, const Config& config, const http::Hosts& hosts) {
  return std::make_unique<http::JobPool>(http::JobPoolOptions{.name = name,
                                                              .threads = or_cores(0),
                                                              .queue = config.limits.blocking_queue,
                                                              .patience = milliseconds(5000)},
                                         hosts);
}

std::unique_ptr<http::JobPool> make_hashing_pool(const Config& config, const http::Hosts& hosts) {
  return config.rules.auth.empty() ? nullptr : make_pool("passwords", config, hosts);
}

std::unique_ptr<http::JobPool> make_listing_pool(const Config& config, const http::Hosts& hosts) {
  const bool wanted = config.site.listing || std::any_of(config.sites.begin(), config.sites.end(),
                                                         [](const SiteConfig& site) { return site.listing; });
  return wanted ? make_pool("listings", config, hosts) : nullptr;
}

}  // namespace

Sites::Sites(const Config& config, std::size_t open_files, const http::HttpsRedirect::IsOurs& has_certificate,
             const Lasting& lasting)
    : draining_(lasting.draining),
      names_(has_certificate),
      endpoint_options_(endpoint_options(config.websocket, names_)),
      proxies_(config.server.trusted_proxies, config.server.trusts_unix_clients,
               config.server.forwarding_field),
      access_logs_(config.log, lasting.access_files),
      rate_limit_(config.limits.requests_per_address.requests == 0
                      ? nullptr
                      : std::make_unique<http::RateLimit>(config.limits.requests_per_address)),
      compressor_(make_compressor(config)),
      types_(make_types(config.rules)),
      access_(auth_options(config.rules), cors_sections(config.rules)),
      sites_(make_sites(config, open_files)),
      https_hosts_(hosts(&HostedSite::host)),
      hashing_(make_hashing_pool(config, https_hosts_)),
      listing_(make_listing_pool(config, https_hosts_)),
      echo_(https_hosts_),
      web_sockets_(endpoint_options_, lasting.chat, https_hosts_),
      member_area_(config.accounts.enabled
                       ? std::make_unique<MemberArea>(config, https_hosts_, web_sockets_.chat())
                       : nullptr),
      strangers_hosts_(hosts(&HostedSite::for_strangers)),
      for_strangers_(strangers_hosts_),
      status_area_(config.status.enabled ? std::make_unique<StatusArea>(config, endpoint_options_, lasting,
                                                                        https_hosts_, for_strangers_)
                                         : nullptr),
      redirect_(has_certificate, https_hosts_),
      plain_hosts_(hosts(config.tls.redirect_http ? &HostedSite::redirecting_host : &HostedSite::host)),
      status_hosts_(hosts(&HostedSite::status_host)),
      plain_(make_service(config, plain_hosts_, proxies_)),
      https_(make_service(config, https_hosts_, proxies_)),
      status_(make_service(config, status_hosts_, no_proxies_)) {
  https_.secure = true;
  status_.rate_limit = nullptr;  // Observers of the server are not slowed down.
  plain_.secure_fields = https_.secure_fields = hsts_field(config.tls.hsts);
  for (const auto& site : sites_) {
    site->set_pools({.hashing = hashing_.get(), .listing = listing_.get()});
    if (status_area_) {
      status_area_->add_to(config.status.listen.empty() ? site->routes() : site->status_routes());
    }
    site->add_routes(web_sockets_, echo_, member_area_.get());
    site->add_redirect(redirect_);
  }
}

// NOLINTEND(clang-analyzer-cplusplus.NewDeleteLeaks)

files::FileCache::Usage Sites::cache_usage() const {
  files::FileCache::Usage sum;
  for (const auto& site : sites_) {
    const files::FileCache::Usage usage = site->cache().usage();
    sum.entries += usage.entries;
    sum.memory += usage.memory;
    sum.open_files += usage.open_files;
  }
  return sum;
}

bool Sites::roots_are_there(TimePoint now) const {
  return std::all_of(sites_.begin(), sites_.end(),
                     [now](const auto& site) { return site->cache().root_is_there(now); });
}

void Sites::shrink() {
  for (const auto& site : sites_) site->cache().clear();
}

// The cache's limits apply to all sites together, so each site has its share: a full cache takes nothing from
// another site.
Sites::List Sites::make_sites(const Config& config, std::size_t open_files) {
  const std::size_t count = config.sites.size() + 1;
  const files::FileCache::Limits cache{.entries = std::max<std::size_t>(config.limits.cache_files / count, 1),
                                       .memory = config.limits.cache_memory / count,
                                       .open_files = open_files / count};
  const HostedSite::Shared shared{config, cache, compressor_.get(), access_logs_, types_, access_};
  List sites;
  sites.push_back(std::make_unique<HostedSite>(config.site, shared));
  for (const SiteConfig& site : config.sites) sites.push_back(std::make_unique<HostedSite>(site, shared));
  return sites;
}

http::Hosts Sites::hosts(View view) const {
  http::Hosts hosts((*sites_.front().*view)());
  for (const auto& site : sites_) {
    for (const std::string& name : site->config().names) hosts.add(name, (*site.*view)());
  }
  return hosts;
}

http::Service Sites::make_service(const Config& config, const http::Hosts& hosts,
                                  const http::TrustedProxies& proxies) const {
  return {.hosts = hosts,
          .limits = parser_limits(config.limits),
          .body_pace = {.grace = config.timeouts.body, .octets_per_second = config.limits.body_rate},
          .keepalive_requests = config.limits.keepalive_requests,
          .proxies = proxies,
          .rate_limit = rate_limit_.get(),
          .secure_fields = {},
          .draining = draining_};
}

}  // namespace pollux::server
