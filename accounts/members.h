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
#include "http/hosts.h"
#include "http/job_pool.h"

namespace pollux::accounts {

class Members final : public http::JobHandler {
 public:
  // All must outlive this. `hosts`: whose navigation its pages have. `lookups`: where to wait for the
  // database. `inside` answers those who are let in.
  Members(Accounts& accounts, const http::Hosts& hosts, http::JobPool& lookups,
          http::AnsweringHandler& inside)
      : accounts_(accounts), hosts_(hosts), lookups_(lookups), inside_(inside) {}

  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override;

 private:
  [[nodiscard]] http::JobPool* pool_for(const http::Request& request) const override;

  Accounts& accounts_;
  const http::Hosts& hosts_;
  http::JobPool& lookups_;
  http::AnsweringHandler& inside_;
};

}  // namespace pollux::accounts
