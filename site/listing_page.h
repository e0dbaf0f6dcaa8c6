// One page of a directory's entries.
//
// Listed are regular files that can be read and directories that can be entered. A symbolic link within the
// site is listed as what it leads to; one that leads nowhere or out of the site is not, and neither are
// sockets, FIFOs, devices and hidden names.
//
// Memory does not grow with the directory: while it is read, a heap holds the entries that may come on the
// page, and one more that tells whether there is another page. The entries looked at are bounded, so a
// directory that grows while it is read ends, too. Sorted by name, most entries of a large directory cost one
// comparison; by size or time, one system call (100,000 entries: about 0.1 s, and 0.3 s).
//
// Thread: any that may wait for the disk.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/document_root.h"
#include "site/listing_query.h"

namespace pollux::site {

struct ListingOptions {
  bool hidden = false;  // Names that begin with a dot are listed, too (".well-known" at the top always is).
  std::vector<std::string> private_paths = {"/_headers", "/_redirects"};  // Of the site; never listed.
  std::size_t page_size = 1000;                                           // Entries.
  std::size_t max_looks = 200'000;  // Entries of a directory; further ones are not looked at.
};

struct ListingPage {
  std::vector<ListingEntry> entries = {};  // In order.
  bool more = false;                       // There is a page after this one.
  bool incomplete = false;  // The directory has more than max_looks entries, or failed to be read.
};

// `path` is decoded and normalised, and ends with '/'. On failure the result is empty and errno tells.
[[nodiscard]] std::optional<ListingPage> read_listing_page(const files::DocumentRoot& root,
                                                           std::string_view path, const ListingQuery& query,
                                                           const ListingOptions& options);

}  // namespace pollux::site
