// Which concurrency model `server.model = auto` is on this machine: io-uring where it is to be had, else
// multi-reactor. The log says which, and why.
#pragma once

#include "server/config.h"

namespace pollux::server {

// Any other is what it is.
[[nodiscard]] Model chosen(Model wanted);

}  // namespace pollux::server
