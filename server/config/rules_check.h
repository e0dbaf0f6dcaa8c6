// Checks the rules of the sites: _headers and _redirects, [headers], [redirects], [auth] and [cors].
//
// It reads the files that these name, and changes nothing. At a start, findings that the log will repeat are
// left out, except those that leave guarded files open.
#pragma once

#include <vector>

#include "server/config/config.h"
#include "server/config/config_check.h"

namespace pollux::server {

// Skips sites whose root does not exist.
[[nodiscard]] std::vector<Finding> check_rules(const Config& config, For purpose);

}  // namespace pollux::server
