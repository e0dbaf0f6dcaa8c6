// Mistakes in addresses to listen on, as far as they can be found before the server listens.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace pollux::server {

struct NamedAddress {
  std::string_view key;  // "server.listen"
  ListenAddress address;
};

// server.listen, tls.listen, then status.listen.
[[nodiscard]] std::vector<NamedAddress> addresses_of(const Config& config);

// Whether no two sockets can listen on both: *:80 takes 127.0.0.1:80, too. Port 0 is any free one.
[[nodiscard]] bool overlap(const ListenAddress& a, const ListenAddress& b);

// Why nobody could listen there now: somebody else does, or we may not. std::nullopt: we could. Binds a
// socket for a moment, and does not listen; where a Unix socket is, it connects to it.
[[nodiscard]] std::optional<std::string> taken(const ListenAddress& address);

}  // namespace pollux::server
