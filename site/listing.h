// Responds to requests for a directory without an index file with a list of its entries: HTML for people,
// JSON for programs that ask for it, by Accept or by "?format=json".
//
// Fields of the response:
//  - Cache-Control: no-cache, because a directory may change at any time. There is no entity tag: to compute
//    one, the directory must be read and the list be made, and then sending it costs little more.
//  - Vary: Accept and Accept-Encoding. The list is compressed when it is made (http/one_time_body.h), since
//    it contains no secret.
//  - Content-Security-Policy: nothing but the page's own style, which is named by its hash. So a file name
//    that became markup in spite of all could do nothing.
//
// Errors are those of files: 403 for a directory that may be entered but not read, or is outside the site;
// 404 for a missing one; 503 for one that cannot be read just now.
//
// Reading a directory waits for the disk, so a thread of a pool does it (static_site.h).
//
// Thread: any that may wait. Constant after construction.
#pragma once

#include <string>

#include "files/document_root.h"
#include "http/error_pages.h"
#include "http/handler.h"
#include "site/listing_page.h"

namespace pollux::site {

class DirectoryListing final : public http::AnsweringHandler {
 public:
  // `root` and `errors` must outlive the object. `root`: the one of the file cache, so that the listing
  // follows when the site is replaced (DocumentRoot::generation()).
  DirectoryListing(const files::DocumentRoot& root, const http::ErrorPages& errors, ListingOptions options);

  // REQUIRES: the method is GET or HEAD, and the path ends with '/'. The caller checks whether the path
  // itself is hidden or protected.
  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override;

 private:
  [[nodiscard]] http::Response failure(int error, const Now& now) const;

  const files::DocumentRoot& root_;
  const http::ErrorPages& errors_;
  const ListingOptions options_;
  const std::string policy_;
};

}  // namespace pollux::site
