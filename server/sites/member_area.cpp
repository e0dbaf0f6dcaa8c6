#include "server/sites/member_area.h"

#include <chrono>

#include "server/account_commands.h"
#include "server/concurrency_model.h"
#include "websocket/chat.h"

namespace pollux::server {

namespace {

std::chrono::seconds lifetime(const Config& config) {
  return std::chrono::floor<std::chrono::seconds>(config.accounts.session_lifetime);
}

// A look-up takes milliseconds, so a client that waits longer is told to come again.
http::JobPoolOptions lookup_options(const Config& config) {
  return {.name = "blocking",
          .threads = config.accounts.connections,
          .queue = config.limits.blocking_queue,
          .patience = milliseconds(1000)};
}

// Twice as many threads as hashes at a time, since the other threads wait for the database. On a slow machine
// a hash takes seconds.
http::JobPoolOptions hashing_options(const Config& config) {
  return {.name = "hashing",
          .threads = 2 * or_cores(0),
          .queue = config.limits.blocking_queue,
          .patience = milliseconds(5000)};
}

}  // namespace

MemberArea::MemberArea(const Config& config, const http::Hosts& hosts, websocket::Endpoint& chat)
    : accounts_(accounts_options(config.accounts)),
      lookups_(lookup_options(config), hosts),
      hashing_(hashing_options(config), hosts),
      parts_{accounts_, hosts, {lookups_, hashing_}},
      register_(parts_, lifetime(config)),
      login_(parts_, lifetime(config)),
      logout_(parts_),
      welcome_(parts_),
      account_(parts_),
      member_json_(parts_),
      chat_(accounts_, lookups_, chat) {}

// Jobs use the pages, and the pages have the pools, so neither order of destruction is enough.
MemberArea::~MemberArea() {
  lookups_.end();
  hashing_.end();
}

void MemberArea::add_to(http::Router& router, const SiteConfig& site, accounts::Members& members) {
  router.add("/register", register_);
  router.add("/login", login_);
  router.add("/logout", logout_);
  router.add("/welcome", welcome_);
  router.add("/account", account_);
  router.add("/member.json", member_json_);
  if (site.chat) router.add(websocket::Chat::kPath, chat_);
  for (const std::string& prefix : site.members_only) router.add_below(prefix, members);
}

}  // namespace pollux::server
