// The listening sockets of the server: those inherited from a service manager or from a predecessor in an
// upgrade, and those it makes itself. Keeps each socket until a caller takes it to accept on it.
//
// A socket belongs to a place, which is an address as it is configured. An inherited socket finds its place
// in one of three ways:
//  - by its name: http, https and status are for server.listen, tls.listen and status.listen, whatever
//    addresses these have;
//  - by its place at the predecessor, since port 0 does not identify it;
//  - by its address.
//
// Other processes may share an inherited socket: it is closed at the end, and never shut down.
//
// Unix sockets are made later, with the rights of the user that the server becomes (net/unix_listener.h);
// only those of a predecessor are here.
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

  // Replaces the configured addresses by those of named sockets.
  void put_names_into(Config& config) const;

  // Makes the sockets that are configured and were not inherited. Closes, with a log line, those that were
  // inherited and are not configured. After this, no rights to bind are needed. Throws std::exception with a
  // message for people.
  void open_all(const Config& config);

  // The sockets of a place: one; one for each accepting loop; all that were inherited; or none, if there are
  // none or they were taken.
  struct Open {
    std::vector<UniqueFd> sockets;
    net::SocketAddress address;  // With the real port.
    std::string name;            // If it was inherited by name.
  };
  [[nodiscard]] Open take(const NamedAddress& place);

  // An inherited IPv6 socket also brings the clients of this place, which has no socket of its own.
  [[nodiscard]] bool is_brought_by_another(const NamedAddress& place) const;

 private:
  struct Socket {
    UniqueFd fd;
    net::SocketAddress address;
    std::string name;
    std::string place;
    bool both_families = false;  // [::], with IPv4 as well.
  };

  [[nodiscard]] bool has(const std::string& place) const;
  void find_places(const std::vector<NamedAddress>& places);
  void close_unused();
  void make(const ServerConfig& config, const NamedAddress& place);

  std::vector<Socket> sockets_;
  std::vector<NamedAddress> named_;  // Of sockets inherited by name. Constant after construction.
  std::vector<std::uint16_t> ports_of_both_families_;  // The same.
};

// "tls.listen 127.0.0.1:8443"
[[nodiscard]] std::string text_of(const NamedAddress& place);

}  // namespace pollux::server
