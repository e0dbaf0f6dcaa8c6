#include "server/sites/hosted_site.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "http/echo.h"
#include "http/lists.h"
#include "http/uri.h"

namespace pollux::server {

namespace {

bool is_for_members(const SiteConfig& site, std::string_view path) {
  return std::any_of(site.members_only.begin(), site.members_only.end(),
                     [path](const std::string& directory) { return http::is_within(path, directory); });
}

// Whether the files at `path` require a password.
bool is_guarded(const http::Request& request, std::string_view path, const site::Access& access,
                const site::SiteRules& rules) {
  const std::string host = http::in_lower_case(request.host());
  const site::RequestUri uri{.host = host, .path = path, .query = {}, .secure = request.secure};
  return access.guards(uri, rules.current()->headers.for_request(uri));
}

std::string text_of(const std::vector<RulesConfig::Line>& lines) {
  std::string text;
  for (const RulesConfig::Line& line : lines) text.append(line.text).append("\n");
  return text;
}

// A bare name is a file in the root.
std::string rule_file_path(const SiteConfig& site, const std::string& file) {
  if (file.empty() || file.find('/') != std::string::npos) return file;
  return (std::filesystem::path(site.root) / file).string();
}

// `file` as a path of the site with this root; empty: it is outside. `resolve`: follow symbolic links, or use
// the path as written.
template <class Resolve>
std::string path_within(const std::string& root, const std::string& file, const Resolve& resolve) {
  std::error_code unresolvable;
  const std::filesystem::path below =
      resolve(file, unresolvable).lexically_relative(resolve(root, unresolvable));
  if (unresolvable || below.empty() || *below.begin() == "..") return {};
  return '/' + below.string();
}

// Rule files may hold passwords, so none is served: neither this site's nor those of another site whose root
// is the same, or within this one's.
std::vector<std::string> private_paths(const SiteConfig& site, const Config& config) {
  std::vector<std::string> paths = {"/_headers", "/_redirects"};
  const auto written = [](const std::string& path, std::error_code& error) {
    return std::filesystem::absolute(path, error).lexically_normal();
  };
  const auto followed = [](const std::string& path, std::error_code& error) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  };
  const auto add = [&](const SiteConfig& owner) {
    for (const std::string& name : {owner.headers, owner.redirects}) {
      if (name.empty()) continue;
      const std::string file = rule_file_path(owner, name);
      for (std::string path :
           {path_within(site.root, file, written), path_within(site.root, file, followed)}) {
        if (!path.empty()) paths.push_back(std::move(path));
      }
    }
  };
  add(config.site);
  std::for_each(config.sites.begin(), config.sites.end(), add);
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

site::RouteOptions route_options(const SiteConfig& site, const Config& config) {
  return {.hidden = site.hidden,
          .clean_urls = site.clean_urls,
          .listing = site.listing,
          .fallback = site.fallback,
          .private_paths = private_paths(site, config),
          .members_only = site.members_only};
}

files::ResourceOptions resource_options(const SiteConfig& site, Model model, const files::TypeTable& types,
                                        files::FileRules& rules) {
  return {.index = site.index,
          .cache_control = site.cache_control,
          .precompressed = site.precompressed,
          .compress = site.compress,
          .sendfile = model == Model::kIoUring ? Sendfile::kOff : site.sendfile,  // A ring has none.
          .types = &types,
          .rules = &rules};
}

}  // namespace

site::RuleSources rule_sources(const SiteConfig& site, const RulesConfig& rules) {
  return {
      .headers = {.configured = text_of(rules.headers), .file = rule_file_path(site, site.headers)},
      .redirects = {.configured = text_of(rules.redirects), .file = rule_file_path(site, site.redirects)}};
}

HostedSite::HostedSite(const SiteConfig& site, const Shared& shared)
    : config_(site),
      access_log_(shared.access_logs.find(site.access ? site.access : shared.config.log.access)),
      rules_(rule_sources(site, shared.config.rules), shared.access),
      cache_(files::ResourceLoader(site.root,
                                   resource_options(site, shared.config.server.model, shared.types, rules_)),
             shared.cache),
      errors_(cache_, site.error_pages),
      files_({.cache = cache_,
              .errors = errors_,
              .rules = rules_,
              .access = shared.access,
              .compressor = site.compress ? shared.compressor : nullptr,
              .max_ranges = shared.config.limits.ranges},
             route_options(site, shared.config)),
      challenges_(cache_, errors_, shared.config.limits.ranges),
      navigation_(cache_,
                  [this, &access = shared.access](const http::Request& request, std::string_view path) {
                    return !is_for_members(config_, path) && !is_guarded(request, path, access, rules_);
                  }),
      files_and_members_(files_),
      routes_(files_),
      status_routes_(files_),
      redirect_all_(files_) {}

void HostedSite::add_routes(WebSockets& web_sockets, http::Handler& echo, MemberArea* members) {
  if (members != nullptr) members_ = members->protect(files_);
  for (http::Router* router : {&files_and_members_, &routes_, &status_routes_}) {
    if (members != nullptr) members->add_to(*router, config_, *members_);
  }
  for (http::Router* router : {&routes_, &status_routes_}) {
    if (config_.echo) router->add(http::Echo::kPath, echo);
    web_sockets.add_to(*router, config_);  // Where there are members, their chat comes first.
  }
}

void HostedSite::add_redirect(http::HttpsRedirect& redirect) {
  redirect_all_.add_below(http::HttpsRedirect::kChallenges, challenges_);
  redirect_all_.add_below("/", redirect);
  redirect_all_.set_for_https(routes_);
}

}  // namespace pollux::server
