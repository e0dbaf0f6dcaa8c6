// The user that the server becomes when it is started as root (server.user, server.group; credentials(7)).
//
// Thread: main thread, before there are others. (The C library changes the ids of all threads at once.)
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "server/config/config.h"

namespace pollux::server {

struct ServiceUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // The supplementary groups.

  // std::nullopt: server.user is not set. Throws std::runtime_error with a message for people if the user or
  // the group does not exist.
  [[nodiscard]] static std::optional<ServiceUser> of(const ServerConfig& config);
};

// Whether this process may change its user: its effective user is root.
[[nodiscard]] bool is_root();

// Gives the process the rights of `user` for files while this object exists, and keeps root's to return to.
// Does nothing without a user, or if the process is not root. Files that the user is to open later are best
// opened like this at the start. It shows that the user may open them, and a link planted by the user leads
// nowhere that the user could not go.
class ActingAs {
 public:
  explicit ActingAs(const std::optional<ServiceUser>& user);  // Throws std::system_error.
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;
  ~ActingAs();  // Ends the program if root's rights cannot be restored: it has half of two users' rights.

 private:
  bool acting_ = false;
  gid_t gid_ = 0;
  std::vector<gid_t> groups_;  // Before the change.
};

// Becomes `user` permanently: neither ids nor capabilities are left to return to, which is checked. Throws
// std::system_error, or std::runtime_error if rights were left. REQUIRES: is_root().
void become(const ServiceUser& user);

}  // namespace pollux::server
