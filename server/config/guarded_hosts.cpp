#include "server/config/guarded_hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace pollux::server {

namespace {

constexpr std::string_view kBelow = "*.";

// A name of a site, with a host that it matches.
struct NamedHost {
  std::string name;
  std::string host;
};

std::vector<NamedHost> hosts_of(const SiteConfig& site) {
  if (site.names.empty()) return {{"any other host, its address for example", "any.other.invalid"}};
  std::vector<NamedHost> hosts;
  for (const std::string& name : site.names) {
    if (!name.starts_with(kBelow)) {
      hosts.push_back({name, name});
      continue;
    }
    // A guard may be for the names directly below only.
    for (const char* const below : {"any", "any.other"}) hosts.push_back({name, below + name.substr(1)});
  }
  return hosts;
}

// The number of octets of the name that match; 0: no match. An exact name outweighs all others.
std::size_t fit(std::string_view name, std::string_view host) {
  if (name == host) return std::string_view::npos;
  return name.starts_with(kBelow) && host.ends_with(name.substr(1)) ? name.size() : 0;
}

}  // namespace

std::string GuardedHosts::way_around(const SiteConfig& site, const site::Pattern& guard,
                                     const IsGuarded& is_guarded) const {
  const auto has_its_files = [&](const SiteConfig& other) {
    return other.root == site.root && is_reached(other, *guard.host());
  };
  if (!has_its_files(config_.site) && std::none_of(config_.sites.begin(), config_.sites.end(), has_its_files))
    return {};
  const std::string path = guard.path().example();
  const std::vector<NamedHost> hosts = hosts_of(site);
  const auto open = std::find_if(hosts.begin(), hosts.end(), [&](const NamedHost& named) {
    return !is_guarded({.host = named.host, .path = path});
  });
  if (open == hosts.end()) return {};
  return fmt::format(
      "[{}] serves the same files without a password as {}; a pattern without a host guards them under every "
      "name",
      site.section, open->name);
}

// Whether some of these hosts are the site's.
bool GuardedHosts::is_reached(const SiteConfig& site, const site::Glob& guarded) const {
  const std::vector<NamedHost> hosts = hosts_of(site);
  return &site_of(guarded.example()) == &site ||
         std::any_of(hosts.begin(), hosts.end(), [&guarded](const NamedHost& named) {
           site::Captures ignored;
           return guarded.match(named.host, ignored);
         });
}

// The same choice as http::Hosts makes.
const SiteConfig& GuardedHosts::site_of(std::string_view host) const {
  const SiteConfig* best = &config_.site;
  std::size_t best_fit = 0;
  for (const SiteConfig& site : config_.sites) {
    for (const std::string& name : site.names) {
      if (const std::size_t how_well = fit(name, host); how_well > best_fit) {
        best = &site;
        best_fit = how_well;
      }
    }
  }
  return *best;
}

}  // namespace pollux::server
