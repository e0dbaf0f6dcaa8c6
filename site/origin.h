// Origins as browsers write them (RFC 6454 section 6.1, Fetch 3.2): "https://example.org", "null".
//
// Thread: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "site/rule_file.h"

namespace pollux::site {

// As a browser would send it: in lower case, and without the default port of its scheme. A path, a user and
// wildcards are errors.
[[nodiscard]] Parsed<std::string> parse_origin(std::string_view text);

}  // namespace pollux::site
