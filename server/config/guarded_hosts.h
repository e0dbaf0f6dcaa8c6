// Finds guards that ask for a password under one host name, where the same files are served without one under
// another: [auth https://example.org/team/*], and a Basic-Auth below such a pattern.
//
// A site is reached by all of its names; the site by default by every name that no other site has, and by the
// address of the machine. Which it is, the client says.
//
// Thread: any; values only.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "server/config/config.h"
#include "site/pattern.h"

namespace pollux::server {

class GuardedHosts {
 public:
  // `config` must outlive it.
  explicit GuardedHosts(const Config& config) : config_(config) {}

  using IsGuarded = std::function<bool(const site::RequestUri&)>;

  // For people: the way around the guard that a site leaves. Empty: there is none, or the guard is for other
  // files than the site has. `is_guarded`: by this guard or by any other. REQUIRES: the guard has a host.
  [[nodiscard]] std::string way_around(const SiteConfig& site, const site::Pattern& guard,
                                       const IsGuarded& is_guarded) const;

 private:
  [[nodiscard]] bool is_reached(const SiteConfig& site, const site::Glob& guarded) const;
  [[nodiscard]] const SiteConfig& site_of(std::string_view host) const;

  const Config& config_;
};

}  // namespace pollux::server
