// The parts of a site with accounts: the database behind them, the pages, what is for members alone, and
// their names in the chat.
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
  // All must outlive this. `hosts`: whose navigation and error pages the pages have. Throws std::system_error
  // when threads cannot be started.
  MemberArea(const Config& config, const http::Hosts& hosts, websocket::Endpoint& chat);
  MemberArea(const MemberArea&) = delete;
  MemberArea& operator=(const MemberArea&) = delete;
  ~MemberArea();

  // Answers members from these files, which must outlive it, and sends others to log in.
  [[nodiscard]] std::unique_ptr<accounts::Members> protect(http::AnsweringHandler& files) {
    return std::make_unique<accounts::Members>(accounts_, parts_.hosts, lookups_, files);
  }

  // `members`: made by protect(), for what is for members alone.
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
