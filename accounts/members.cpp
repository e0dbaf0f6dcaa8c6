#include "accounts/members.h"

#include "accounts/visit.h"
#include "http/form.h"

namespace pollux::accounts {

// Who shows no token is turned away without asking.
http::JobPool* Members::pool_for(const http::Request& request) const {
  return session_token(request).empty() ? nullptr : &lookups_;
}

http::Response Members::answer(const http::Request& request, const Now& now) {
  Visit visit(request);
  visit.identify(accounts_);
  const SessionResult& session = visit.session();
  if (session.ok()) {
    http::Response response = inside_.answer(request, now);
    response.set_field("Cache-Control", "no-store");  // Instead of the site's own.
    return response;
  }
  const bool unavailable = session.outcome == Outcome::kUnavailable;
  if (!unavailable && request.is_get_or_head()) return visit.log_in_first();
  visit.set_navigation(hosts_.of(request).navigation.links(request, request.path, now));
  return unavailable ? visit.unavailable(session.retry_after) : visit.refuse();
}

}  // namespace pollux::accounts
