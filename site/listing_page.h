// One page of a directory's entries.
//
// A page lists regular files that can be read and directories that can be entered. A symbolic link within the
// site is listed as its target. Links that lead nowhere or out of the site are left out, and so are sockets,
// FIFOs, devices and hidden names.
//
// Memory does not grow with the directory: during reading, a heap holds the entries that may come on the
// page, and one more that shows whether there is another page. The number of entries looked at is bounded, so
// reading ends even if the directory grows meanwhile. Sorted by name, most entries of a large directory cost
// one comparison; by size or time, one system call (100,000 entries: about 0.1 s, and 0.3 s).
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
  std::size_t max_looks = 200'000;  // Entries of a directory; the rest is not looked at.
};

struct ListingPage {
  std::vector<ListingEntry> entries = {};  // In order.
  bool more = false;                       // Another page follows.
  bool incomplete = false;  // The directory has more than max_looks entries, or reading failed.
};

// `path`: decoded, normalised, and ending with '/'. On failure the result is empty and errno has the reason.
[[nodiscard]] std::optional<ListingPage> read_listing_page(const files::DocumentRoot& root,
                                                           std::string_view path, const ListingQuery& query,
                                                           const ListingOptions& options);

}  // namespace pollux::site
