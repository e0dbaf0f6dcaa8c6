// Parts of the site that are for members alone ([site] protected): whatever answers there, it answers those
// who have a session.
//
// The database is asked each time, so a log-out on one server holds on all. What members get is not kept by
// anybody (no-store), so the back button shows nothing after a log-out.
//
// Thread: any, several at once. Constant after construction.
#pragma once

#include "accounts/accounts.h"
#include "http/handler.h"

namespace pollux::accounts {

class Members final : public http::Handler {
 public:
  // Both must outlive this. `inside` answers those who are let in.
  Members(Accounts& accounts, http::Handler& inside) : accounts_(accounts), inside_(inside) {}

  [[nodiscard]] http::Response handle(const http::Request& request, const Now& now) override;
  [[nodiscard]] bool blocks(const http::Request& request) const override;

 private:
  Accounts& accounts_;
  http::Handler& inside_;
};

}  // namespace pollux::accounts
