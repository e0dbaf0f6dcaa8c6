// A page of a directory's entries as HTML for people and as JSON for programs.
//
// The HTML needs no script. Names are escaped at the one place where they become HTML; controls and octets
// that are not UTF-8 are shown as \xHH.
//
//   {"path": "/notes/",
//    "entries": [{"name": "a b.txt", "href": "./a%20b.txt", "type": "file", "size": 586,
//                 "mtime": "2026-11-22T20:15:04Z"},
//                {"name": "old", "href": "./old/", "type": "directory", "mtime": "2026-11-20T08:00:00Z"}],
//    "next": "?sort=name&order=asc&format=json&after=d0.old",
//    "incomplete": false}
//
// JSON is UTF-8, which names need not be: other octets become U+FFFD there. `href` has a name's exact octets,
// percent-encoded. It begins with "./", so that neither "javascript:x" nor "//host" can be read as anything
// but a name. "size" is there only for files, "next" only if there is another page. Times are RFC 3339's;
// those beyond the years 1 to 9999 become the nearest that can be written.
//
// `path` is the directory's, decoded and normalised, and ends with '/'.
//
// Thread: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "site/listing_page.h"

namespace pollux::site {

[[nodiscard]] std::string listing_html(std::string_view path, const ListingQuery& query,
                                       const ListingPage& page);
[[nodiscard]] std::string listing_json(std::string_view path, const ListingQuery& query,
                                       const ListingPage& page);

// The only style of the HTML: the text between its tags.
[[nodiscard]] std::string_view listing_style();

}  // namespace pollux::site
