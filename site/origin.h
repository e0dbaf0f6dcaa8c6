// Origins as browsers send them (RFC 6454 section 6.1, Fetch 3.2): "https://example.org", "null".
//
// Thread: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "site/rule_file.h"

namespace pollux::site {

// Returns the form that browsers send: in lower case, without the scheme's default port. A path, a user and
// wildcards are errors.
[[nodiscard]] Parsed<std::string> parse_origin(std::string_view text);

}  // namespace pollux::site
