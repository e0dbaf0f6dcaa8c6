#include "accounts/members.h"

#include "accounts/visit.h"
#include "http/form.h"

namespace pollux::accounts {

// Who shows no token is turned away without asking.
http::JobPool* Members::pool_for(const http::Request& request) const {
  return Visit(request).token().empty() ? nullptr : &lookups_;
}

http::Response Members::answer(const http::Request& request, const Now& now) {
  const Visit visit(request);
  const SessionResult session = accounts_.find_session(visit.token());
  if (session.outcome == Outcome::kUnavailable) return visit.unavailable(session.retry_after);
  if (session.ok()) {
    http::Response response = inside_.answer(request, now);
    response.set_field("Cache-Control", "no-store");  // Instead of the site's own.
    return response;
  }
  if (!request.is_get_or_head()) return visit.refuse();
  return visit.log_in_first();
}

}  // namespace pollux::accounts
