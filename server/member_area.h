// What a site has when it has accounts: the database behind them, the pages, and what is for members alone.
//
// Thread: construction and destruction on the main thread; the handlers on any.
#pragma once

#include "accounts/accounts.h"
#include "accounts/members.h"
#include "accounts/pages.h"
#include "http/handler.h"
#include "http/job_pool.h"
#include "server/config.h"

namespace pollux::server {

class MemberArea {
 public:
  // `files`: what members get. All must outlive this. Throws std::system_error when threads cannot be
  // started.
  MemberArea(const Config& config, const http::ErrorPages& errors, http::AnsweringHandler& files);
  MemberArea(const MemberArea&) = delete;
  MemberArea& operator=(const MemberArea&) = delete;
  ~MemberArea();

  void add_to(http::Router& router);

  // Makes the tables, so that the first visitor need not wait for them. Returns at once.
  void prepare() { lookups_.run(Task::of<&accounts::Accounts::prepare>(accounts_)); }

 private:
  const std::vector<std::string>& members_only_;
  accounts::Accounts accounts_;
  http::JobPool lookups_;
  http::JobPool hashing_;
  accounts::RegisterPage register_;
  accounts::LoginPage login_;
  accounts::LogoutPage logout_;
  accounts::WelcomePage welcome_;
  accounts::AccountPage account_;
  accounts::Members members_;
};

}  // namespace pollux::server
