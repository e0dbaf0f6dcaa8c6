// The parts of a site with accounts: the database, the pages, files for members only, and member names in the
// chat.
//
// Thread: construction and destruction on the main thread; the handlers on any.
#pragma once

#include <memory>

#include "accounts/accounts.h"
#include "accounts/members.h"
#include "accounts/pages.h"
#include "http/handler.h"
#include "http/hosts.h"
#include "http/job_pool.h"
#include "server/config/config.h"
#include "server/sites/member_chat.h"

namespace pollux::server {

class MemberArea {
 public:
  // All arguments must outlive the object. `hosts`: their navigation and error pages are used. Throws
  // std::system_error when threads cannot be started.
  MemberArea(const Config& config, const http::Hosts& hosts, websocket::Endpoint& chat);
  MemberArea(const MemberArea&) = delete;
  MemberArea& operator=(const MemberArea&) = delete;
  ~MemberArea();

  // Serves these files to members only, and redirects other clients to the log-in. `files` must outlive it.
  [[nodiscard]] std::unique_ptr<accounts::Members> protect(http::AnsweringHandler& files) {
    return std::make_unique<accounts::Members>(accounts_, parts_.hosts, lookups_, files);
  }

  // `members`: the handler from protect(), for paths that are for members only.
  void add_to(http::Router& router, const SiteConfig& site, accounts::Members& members);

  // Makes the tables, so that the first visitor need not wait for them. Returns at once.
  void prepare() { lookups_.run(Task::of<&accounts::Accounts::prepare>(accounts_)); }

 private:
  accounts::Accounts accounts_;
  http::JobPool lookups_;
  http::JobPool hashing_;
  const accounts::PageParts parts_;
  accounts::RegisterPage register_;
  accounts::LoginPage login_;
  accounts::LogoutPage logout_;
  accounts::WelcomePage welcome_;
  accounts::AccountPage account_;
  accounts::MemberJson member_json_;
  MemberChat chat_;
};

}  // namespace pollux::server
