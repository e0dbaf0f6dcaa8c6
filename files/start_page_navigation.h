// The navigation of a site, taken from its start page: the links of the first list in its first <nav>, if
// they lead to paths of the site ("/…"). Only the address and the text of each link are taken, without
// markup.
//
// Thread: any. Constant after construction.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "files/file_cache.h"
#include "http/navigation.h"
#include "http/request.h"

namespace pollux::files {

class StartPageNavigation final : public http::Navigation {
 public:
  // Whether everybody may see this path on the host that the request names. Thread: any.
  using IsOpen = std::function<bool(const http::Request& request, std::string_view path)>;

  // The cache must outlive the object.
  StartPageNavigation(FileCache& cache, IsOpen is_open) : cache_(cache), is_open_(std::move(is_open)) {}

  // Empty if the start page has no links, or is not for everybody. May read from the disk, as
  // FileCache::find() may.
  [[nodiscard]] std::string links(const http::Request& request, std::string_view current,
                                  const Now& now) const override;

 private:
  FileCache& cache_;
  const IsOpen is_open_;
};

// The links of `page`, see above.
[[nodiscard]] std::string navigation_in(std::string_view page, std::string_view current);

}  // namespace pollux::files
