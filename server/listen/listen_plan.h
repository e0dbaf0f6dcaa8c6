// Compares the addresses that are listened on with those of another configuration: which sockets go on.
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

// As the configuration has it, by its key.
[[nodiscard]] NamedAddress named(const ListenAt& at);

// All that a configuration names: plain, https, status.
[[nodiscard]] std::vector<ListenAt> listeners_of(const Config& config);

// For each of `wanted` the place in `open` of the socket that serves it from now on; std::nullopt: it is to
// be opened. Each of `open` serves one at most; one that serves none is to be closed. A socket may change its
// kind, but one with a port that the kernel chose (port 0) stays with its kind: nobody would know it as
// another's.
[[nodiscard]] std::vector<std::optional<std::size_t>> match(const std::vector<ListenAt>& open,
                                                            const std::vector<ListenAt>& wanted);

}  // namespace pollux::server
