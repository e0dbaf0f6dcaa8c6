#include "accounts/members.h"

#include "accounts/visit.h"
#include "http/form.h"

namespace pollux::accounts {

// Who shows no token is turned away without asking.
bool Members::blocks(const http::Request& request) const { return !Visit(request).token().empty(); }

http::Response Members::handle(const http::Request& request, const Now& now) {
  const Visit visit(request);
  const SessionResult session = accounts_.find_session(visit.token());
  if (session.outcome == Outcome::kUnavailable) return visit.unavailable(session.retry_after);
  if (session.ok()) {
    http::Response response = inside_.handle(request, now);
    response.add_field("Cache-Control", "no-store");
    return response;
  }
  if (!request.is_get_or_head()) return visit.refuse();
  return visit.log_in_first();
}

}  // namespace pollux::accounts
