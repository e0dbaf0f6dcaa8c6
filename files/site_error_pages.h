// The error pages of a site, which are files of the site (error_page_404 = /errors/404.html).
//
// Thread: any. Constant after construction.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "files/file_cache.h"
#include "http/error_pages.h"

namespace pollux::files {

class SiteErrorPages final : public http::ErrorPages {
 public:
  // `pages`: status code to normalised path on the site. The cache must outlive the object.
  SiteErrorPages(FileCache& cache, std::map<int, std::string> pages)
      : cache_(cache), pages_(std::move(pages)) {}

 private:
  // May read from the disk, as FileCache::find() may.
  [[nodiscard]] std::optional<http::Response> own_page(http::Status status, const Now& now) const override;

  FileCache& cache_;
  const std::map<int, std::string> pages_;
};

}  // namespace pollux::files
