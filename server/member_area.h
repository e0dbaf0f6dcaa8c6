// What a site has when it has accounts: the database behind them, the pages, and what is for members alone.
//
// Thread: construction and destruction on the main thread; the handlers on any.
#pragma once

#include "accounts/accounts.h"
#include "accounts/members.h"
#include "accounts/pages.h"
#include "http/handler.h"
#include "server/config.h"

namespace pollux::server {

class MemberArea {
 public:
  // `files`: what members get. All must outlive this.
  MemberArea(const Config& config, const http::ErrorPages& errors, http::Handler& files);

  void add_to(http::Router& router);

  // To be called once, on a thread that may wait: the first visitor need not wait for the tables.
  void prepare() { accounts_.prepare(); }

 private:
  const std::vector<std::string>& members_only_;
  accounts::Accounts accounts_;
  accounts::RegisterPage register_;
  accounts::LoginPage login_;
  accounts::LogoutPage logout_;
  accounts::WelcomePage welcome_;
  accounts::AccountPage account_;
  accounts::Members members_;
};

}  // namespace pollux::server
