// The sockets that the server listens on: those it was given, by a service manager or by its predecessor in
// an upgrade, and those it makes itself. Keeps each until somebody takes it to accept on it.
//
// A socket belongs to a place, an address as it is configured. A given one finds its place
//   by its name: http, https and status are for server.listen, tls.listen and status.listen, whatever these
//   say; by the place that the predecessor had it in, since port 0 does not tell; by its address.
//
// Others may share a given socket: it is closed at the end, and never shut down.
//
// A Unix socket is made by who listens on it, with the rights of the user that the server becomes
// (net/unix_listener.h); here are those of a predecessor.
//
// Thread: the main thread's; then that of reloads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "net/socket_address.h"
#include "server/config/config.h"
#include "server/config/listen_check.h"
#include "server/process/inherited_sockets.h"

namespace pollux::server {

class ListeningSockets {
 public:
  explicit ListeningSockets(std::vector<InheritedSocket> given = {});
  ListeningSockets(const ListeningSockets&) = delete;
  ListeningSockets& operator=(const ListeningSockets&) = delete;

  // Puts the addresses of named sockets where others are configured.
  void put_names_into(Config& config) const;

  // Makes those that are configured and were not given; closes, and tells of, those that were given and are
  // not configured. From then on, no rights to bind are needed. Throws std::exception with a message for
  // people.
  void open_all(const Config& config);

  // Those of a place: one; one for each loop that accepts; as many as were given; or none, if there are none
  // or they were taken.
  struct Open {
    std::vector<UniqueFd> sockets;
    net::SocketAddress address;  // With its real port.
    std::string name;            // Of given ones.
  };
  [[nodiscard]] Open take(const NamedAddress& place);

  // A given socket for IPv6 brings the clients of this place, which has none of its own.
  [[nodiscard]] bool is_brought_by_another(const NamedAddress& place) const;

 private:
  struct Socket {
    UniqueFd fd;
    net::SocketAddress address;
    std::string name;
    std::string place;
    bool both_families = false;  // [::], and IPv4 as well.
  };

  [[nodiscard]] bool has(const std::string& place) const;
  void find_places(const std::vector<NamedAddress>& places);
  void close_unused();
  void make(const ServerConfig& config, const NamedAddress& place);

  std::vector<Socket> sockets_;
  std::vector<NamedAddress> named_;  // Of sockets that were given by name. Constant after construction.
  std::vector<std::uint16_t> ports_of_both_families_;  // The same.
};

// "tls.listen 127.0.0.1:8443"
[[nodiscard]] std::string text_of(const NamedAddress& place);

}  // namespace pollux::server
