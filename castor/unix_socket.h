// Connections to a Unix socket (unix(7)), without blocking. If the listener's backlog is full, connect(2)
// returns EAGAIN, and no event tells when there is room.
//
// Thread: any.
#pragma once

#include <string>

#include "client/socket.h"

namespace pollux::castor {

// REQUIRES: the path is shorter than sockaddr_un::sun_path.
[[nodiscard]] client::Connecting connect_unix(const std::string& path);

}  // namespace pollux::castor
