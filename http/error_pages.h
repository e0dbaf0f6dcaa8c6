// The body of answers that are not what the client hoped for.
//
// A status may have a page of the site (error_page_404 = /errors/404.html); all others, and a
// page that cannot be read, get a small one made here.
//
// Thread: any. Constant after construction.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/file_cache.h"
#include "http/response.h"

namespace pollux::http {

class ErrorPages {
 public:
  // `pages`: status code to normalised path of the site. The cache must outlive this.
  ErrorPages(FileCache& cache, std::map<int, std::string> pages) : cache_(cache), pages_(std::move(pages)) {}

  // `why`: a sentence in HTML for the page made here.
  [[nodiscard]] Response make(Status status, const Now& now, std::string_view why = {}) const;

 private:
  FileCache& cache_;
  const std::map<int, std::string> pages_;
};

}  // namespace pollux::http
