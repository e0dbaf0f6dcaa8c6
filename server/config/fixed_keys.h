// The keys that hold from the start of the program to its end, whatever a reload finds: how many threads
// there are, and what was allocated for them.
//
// Thread: any; values only.
#pragma once

#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace pollux::server {

// Gives `fresh` the values of `running` for these keys. Returns the names of those that `fresh` had otherwise
// than `written`, the configuration of the start: `running` has what was made of it (model = auto).
[[nodiscard]] std::vector<std::string_view> keep_fixed_keys(const Config& written, const Config& running,
                                                            Config& fresh);

}  // namespace pollux::server
