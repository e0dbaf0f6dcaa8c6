// The navigation of the site, for the pages that the server makes itself: whatever the site is, they lead to
// the same places as its start page does.
//
// Taken from the start page are the links of the first list in its first <nav>, if they lead to paths of the
// site ("/…"): address and text, no other markup.
//
// Thread: any. Constant after construction.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/file_cache.h"

namespace pollux::http {

class Navigation {
 public:
  // The cache must outlive this. `open`: whether everybody may see the start page.
  Navigation(FileCache& cache, bool open) : cache_(cache), open_(open) {}

  // HTML: an <li> for each link; the one to `current` says so. Empty when the start page has none, or is not
  // for everybody.
  // May read from the disk, as FileCache::find() may.
  [[nodiscard]] std::string links(std::string_view current, const Now& now) const;

 private:
  FileCache& cache_;
  const bool open_;
};

// The links of `page`, as above.
[[nodiscard]] std::string navigation_in(std::string_view page, std::string_view current);

}  // namespace pollux::http
