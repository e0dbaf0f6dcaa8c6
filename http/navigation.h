// The navigation of the site, for the pages that the server makes itself: whatever the site is, they lead to
// the same places as its start page does.
//
// Taken from the start page are the links of the first list in its first <nav>, if they lead to paths of the
// site ("/…"): address and text, no other markup.
//
// Thread: any. Constant after construction.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "http/file_cache.h"
#include "http/request.h"

namespace pollux::http {

class Navigation {
 public:
  // Whether everybody may see what is at this path of the host that the request names. Thread: any.
  using IsOpen = std::function<bool(const Request& request, std::string_view path)>;

  // The cache must outlive this.
  Navigation(FileCache& cache, IsOpen is_open) : cache_(cache), is_open_(std::move(is_open)) {}

  // HTML: an <li> for each link; the one to `current` says so. Empty when the start page has none, or is not
  // for everybody. `request`: the one that the links are for.
  // May read from the disk, as FileCache::find() may.
  [[nodiscard]] std::string links(const Request& request, std::string_view current, const Now& now) const;

 private:
  FileCache& cache_;
  const IsOpen is_open_;
};

// The links of `page`, as above.
[[nodiscard]] std::string navigation_in(std::string_view page, std::string_view current);

}  // namespace pollux::http
