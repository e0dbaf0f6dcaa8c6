// Which concurrency model `server.model = auto` is on this machine: io-uring where it is to be had, else
// multi-reactor. The log says which, and why.
#pragma once

#include "server/config.h"

namespace pollux::server {

// Any other model is what it is. io-uring counts as to be had if there is a ring for each loop.
[[nodiscard]] Model chosen_model(const ServerConfig& config);

}  // namespace pollux::server
