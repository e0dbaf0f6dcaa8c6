// Finds mistakes in addresses to listen on, as far as that is possible before the server listens.
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

// Whether no two sockets can listen on both at once: *:80 includes 127.0.0.1:80. Port 0 is any free one.
[[nodiscard]] bool overlap(const ListenAddress& a, const ListenAddress& b);

// The reason why the server could not listen there now: another process does, or the rights are missing.
// std::nullopt: it could. Binds a socket for a moment without listening; for an existing Unix socket, it
// connects instead.
[[nodiscard]] std::optional<std::string> taken(const ListenAddress& address);

}  // namespace pollux::server
