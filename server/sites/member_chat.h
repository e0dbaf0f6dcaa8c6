// The chat of a site with accounts: members have their names in it. A client without a session is a guest,
// and so is every client while the database is unavailable.
//
// Thread: any, several at once. Constant after construction.
#pragma once

#include "accounts/visit.h"
#include "http/job_pool.h"
#include "websocket/endpoint.h"

namespace pollux::server {

class MemberChat final : public http::JobHandler {
 public:
  // All arguments must outlive the object. `lookups`: waits for the database.
  MemberChat(accounts::Accounts& accounts, http::JobPool& lookups, websocket::Endpoint& chat)
      : accounts_(accounts), lookups_(lookups), chat_(chat) {}

  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override {
    const accounts::SessionResult session = accounts_.find_session(accounts::session_token(request));
    return chat_.answer(request, now, session.user.name);
  }

 private:
  [[nodiscard]] http::JobPool* pool_for(const http::Request& request) const override {
    return accounts::session_token(request).empty() ? nullptr : &lookups_;
  }

  accounts::Accounts& accounts_;
  http::JobPool& lookups_;
  websocket::Endpoint& chat_;
};

}  // namespace pollux::server
