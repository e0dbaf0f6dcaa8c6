// Answers for a directory without an index file with a list of what is in it: HTML for people, JSON for
// programs that ask for it, by Accept or by "?format=json".
//
// Fields of the answer:
//  - Cache-Control: no-cache, because a directory may change at any time. There is no entity tag: to know
//  one,
//    the directory must be read and the list be made, and then sending it costs little more.
//  - Vary: Accept and Accept-Encoding. The list is compressed when it is made (http/one_time_body.h): there
//  is
//    no secret in it.
//  - Content-Security-Policy: nothing but the page's own style, which is named by its hash. So a name that
//    became markup, in spite of all, could do nothing.
//
// Failures are answered as those of files: a directory that may be entered but not read, or is outside of the
// site, 403; none, 404; one that cannot be read just now, 503.
//
// Reading a directory waits for the disk, so a site has it done on a thread of a pool (static_site.h).
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
  // `root` and `errors` must outlive it. `root` is the one that the file cache has, so that the listing moves
  // with it when the site is exchanged (DocumentRoot::generation()).
  DirectoryListing(const files::DocumentRoot& root, const http::ErrorPages& errors, ListingOptions options);

  // REQUIRES: the method is GET or HEAD, and the path ends with '/'. Whether the path itself is hidden or
  // protected is for the caller to ask.
  [[nodiscard]] http::Response answer(const http::Request& request, const Now& now) override;

 private:
  [[nodiscard]] http::Response failure(int error, const Now& now) const;

  const files::DocumentRoot& root_;
  const http::ErrorPages& errors_;
  const ListingOptions options_;
  const std::string policy_;
};

}  // namespace pollux::site
