// The navigation of a site, for the pages that the server makes itself: whatever the site is, they lead to
// the same places as its own pages do. This one is empty; files/start_page_navigation.h has that of a start
// page.
//
// Thread: any.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/request.h"

namespace pollux::http {

class Navigation {
 public:
  Navigation() = default;
  Navigation(const Navigation&) = delete;
  Navigation& operator=(const Navigation&) = delete;
  virtual ~Navigation() = default;

  // HTML: an <li> for each link; the one to `current` says so. `request`: the one that the links are for.
  [[nodiscard]] virtual std::string links(const Request& /*request*/, std::string_view /*current*/,
                                          const Now& /*now*/) const {
    return {};
  }
};

}  // namespace pollux::http
