// The navigation of a site, for the server's own pages: it leads to the same places as the site's own pages
// do. This class has no links; files/start_page_navigation.h takes them from a start page.
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

  // HTML: an <li> for each link; the link to `current` is marked. `request`: the one that the links are for.
  [[nodiscard]] virtual std::string links(const Request& /*request*/, std::string_view /*current*/,
                                          const Now& /*now*/) const {
    return {};
  }
};

}  // namespace pollux::http
