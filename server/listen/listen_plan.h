// Compares the addresses that are listened on with those of another configuration, to find the sockets that
// stay open.
//
// Thread: any; values only.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "server/config/config.h"
#include "server/config/listen_check.h"
#include "server/listen/listener.h"

namespace pollux::server {

struct ListenAt {
  ListenAddress where;
  ListenerKind kind = ListenerKind::kPlain;

  bool operator==(const ListenAt&) const = default;
};

// The name that the configuration's key gives it.
[[nodiscard]] NamedAddress named(const ListenAt& at);

// All listeners of a configuration: plain, https, status.
[[nodiscard]] std::vector<ListenAt> listeners_of(const Config& config);

// For each of `wanted`, the index in `open` of the socket that serves it from now on; std::nullopt: open a
// new one. Each of `open` serves one of `wanted` at most; close one that serves none. A socket may change its
// kind, unless the kernel chose its port (port 0): clients know such a port as one of its kind only.
[[nodiscard]] std::vector<std::optional<std::size_t>> match(const std::vector<ListenAt>& open,
                                                            const std::vector<ListenAt>& wanted);

}  // namespace pollux::server
