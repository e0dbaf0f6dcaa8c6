// What only the system can tell about a configuration: are the folders and files there, may we use
// them? Used by --check and by every start alike.
//
// Opens and closes; creates and changes nothing.
#pragma once

#include <vector>

#include "server/config_builder.h"

namespace pollux::server {

// The errors found; none: the configuration can work. Does not repeat loaded.errors. While there are
// such errors, settings left at their default are not checked: the key may just be misspelt.
[[nodiscard]] std::vector<ConfigError> check_config(const LoadedConfig& loaded);

}  // namespace pollux::server
