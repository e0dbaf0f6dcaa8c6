// From an address to an open connection.
#pragma once

#include <memory>

#include "sqlpool/address.h"
#include "sqlpool/connection.h"

namespace pollux::sqlpool {

// Within about a second. Throws Error.
[[nodiscard]] std::unique_ptr<Connection> connect(const Address& address);

}  // namespace pollux::sqlpool
