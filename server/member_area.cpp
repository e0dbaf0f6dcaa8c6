#include "server/member_area.h"

#include <chrono>

#include "server/account_commands.h"

namespace pollux::server {

namespace {

std::chrono::seconds lifetime(const Config& config) {
  return std::chrono::floor<std::chrono::seconds>(config.accounts.session_lifetime);
}

}  // namespace

MemberArea::MemberArea(const Config& config, const http::ErrorPages& errors, http::Handler& files)
    : members_only_(config.site.members_only),
      accounts_(accounts_options(config.accounts)),
      register_(accounts_, errors, lifetime(config)),
      login_(accounts_, errors, lifetime(config)),
      logout_(accounts_, errors),
      welcome_(accounts_, errors),
      account_(accounts_, errors),
      members_(accounts_, files) {}

void MemberArea::add_to(http::Router& router) {
  router.add("/register", register_);
  router.add("/login", login_);
  router.add("/logout", logout_);
  router.add("/welcome", welcome_);
  router.add("/account", account_);
  for (const std::string& prefix : members_only_) router.add_below(prefix, members_);
}

}  // namespace pollux::server
