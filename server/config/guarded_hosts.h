// Finds passwords that can be avoided by another host name: a guard asks for one under one name, and the same
// files are served without one under another. Guards are [auth https://example.org/team/*], and Basic-Auth
// below such a pattern.
//
// A site is reached by all of its names. The default site is also reached by the machine's address and by
// every name that no other site has. The client chooses the name.
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
  // `config` must outlive the object.
  explicit GuardedHosts(const Config& config) : config_(config) {}

  using IsGuarded = std::function<bool(const site::RequestUri&)>;

  // For people: the way around the guard that `site` leaves open. Empty: there is none, or the guard is for
  // files of another site. `is_guarded`: by this guard or by any other. REQUIRES: the guard has a host.
  [[nodiscard]] std::string way_around(const SiteConfig& site, const site::Pattern& guard,
                                       const IsGuarded& is_guarded) const;

 private:
  [[nodiscard]] bool is_reached(const SiteConfig& site, const site::Glob& guarded) const;
  [[nodiscard]] const SiteConfig& site_of(std::string_view host) const;

  const Config& config_;
};

}  // namespace pollux::server
