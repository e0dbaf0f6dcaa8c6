// A listening Unix socket, with the file that clients find it by (unix(7)).
//
// A file of that name that exists already is left alone, unless it is a dead socket, as a crash leaves it.
// Ours is removed at the end, unless another one has taken its place by then.
//
// Nobody can connect before the file has its mode.
//
// Thread: any one at a time.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "base/unique_fd.h"

namespace pollux::net {

class UnixListener {
 public:
  // `path`: absolute, and short enough for sockaddr_un. `mode`: of the file: who may write may connect.
  // Throws std::system_error with a message that names the path.
  UnixListener(std::string path, mode_t mode, int backlog);
  // `socket`: listens at `path` already; another process has made the file, and leaves it to this one.
  UnixListener(std::string path, UniqueFd socket);
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;
  ~UnixListener();

  // Another process listens on the socket, too: the file is its own from now on.
  void let_go() { ours_ = false; }

  // To accept from; once. The file stays as long as this does.
  [[nodiscard]] UniqueFd take_socket() { return std::move(socket_); }

  // Why nobody could listen there now; std::nullopt: one could.
  [[nodiscard]] static std::optional<std::string> obstacle(const std::string& path);

 private:
  const std::string path_;
  UniqueFd socket_;
  dev_t device_ = 0;  // Of the file,
  ino_t inode_ = 0;   // so that it can be told from another.
  bool ours_ = true;
};

}  // namespace pollux::net
