// The keys of [site], which every [site NAME] has, too.
//
// Thread: start-up only.
#pragma once

#include <vector>

#include "server/config/config_keys.h"

namespace pollux::server {

[[nodiscard]] std::vector<Key> site_keys();

}  // namespace pollux::server
