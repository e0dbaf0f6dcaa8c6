// The user that the server becomes when it is started as root (server.user, server.group; credentials(7)).
//
// Thread: main thread, before it has others. (The C library changes the ids of all threads at once.)
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
  std::vector<gid_t> groups;  // Supplementary ones.

  // std::nullopt: server.user is not set. Throws std::runtime_error with a message for people if there is no
  // such user or group.
  [[nodiscard]] static std::optional<ServiceUser> of(const ServerConfig& config);
};

// Whether this process may become somebody else: its effective user is root.
[[nodiscard]] bool is_root();

// Has the rights of `user` for files until its end, and keeps root's to go back to. Does nothing without a
// user, or where the process is not root. What a user other than root is to open later on is best opened like
// this at the start: it shows that they may, and a link that they have planted leads nowhere that they could
// not go.
class ActingAs {
 public:
  explicit ActingAs(const std::optional<ServiceUser>& user);  // Throws std::system_error.
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;
  ~ActingAs();  // Ends the program if root's rights cannot be had back: it has half of two users' rights.

 private:
  bool acting_ = false;
  gid_t gid_ = 0;
  std::vector<gid_t> groups_;  // Of before.
};

// For good: neither ids nor capabilities are left to return to. Checked. Throws std::system_error, or
// std::runtime_error if rights were left. REQUIRES: is_root().
void become(const ServiceUser& user);

}  // namespace pollux::server
