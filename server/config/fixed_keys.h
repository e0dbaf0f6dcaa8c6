// The keys that keep their values until the program ends, whatever a reload reads: numbers of threads, and
// sizes of what was allocated for them.
//
// Thread: any; values only.
#pragma once

#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace pollux::server {

// Copies the values of these keys from `running` to `fresh`. Returns the names of the keys for which `fresh`
// differed from `written`, the configuration as it was read at the start; in `running` the start has settled
// values such as model = auto.
[[nodiscard]] std::vector<std::string_view> keep_fixed_keys(const Config& written, const Config& running,
                                                            Config& fresh);

}  // namespace pollux::server
