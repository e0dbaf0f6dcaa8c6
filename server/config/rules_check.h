// Checks the rules of the sites: _headers and _redirects, [headers], [redirects], [auth] and [cors].
//
// Reads the files they name, and changes nothing. For a start, what the log will say of the rule files is
// left out, but for what would open something that is to be guarded.
#pragma once

#include <vector>

#include "server/config/config.h"
#include "server/config/config_check.h"

namespace pollux::server {

// Sites whose root is not there are passed over.
[[nodiscard]] std::vector<Finding> check_rules(const Config& config, For purpose);

}  // namespace pollux::server
