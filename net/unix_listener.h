// A listening Unix socket, with the file by which clients find it (unix(7)).
//
// An existing file of that name is left alone, unless it is a dead socket, as a crash leaves it. Our file is
// removed at the end, unless another one has replaced it by then.
//
// No client can connect before the file has its mode.
//
// Thread: any, one at a time.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "base/unique_fd.h"

namespace pollux::net {

class UnixListener {
 public:
  // `path`: absolute, and short enough for sockaddr_un. `mode`: the file's; write permission lets a client
  // connect. Throws std::system_error with a message that names the path.
  UnixListener(std::string path, mode_t mode, int backlog);
  // `socket`: listens at `path` already. Another process has made the file, and leaves it to this one.
  UnixListener(std::string path, UniqueFd socket);
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;
  ~UnixListener();

  // Another process listens on the socket, too, and owns the file from now on.
  void let_go() { ours_ = false; }

  // The socket to accept from. Call it once. The file stays as long as this object.
  [[nodiscard]] UniqueFd take_socket() { return std::move(socket_); }

  // The reason why no socket could listen there now; std::nullopt: one could.
  [[nodiscard]] static std::optional<std::string> obstacle(const std::string& path);

 private:
  const std::string path_;
  UniqueFd socket_;
  dev_t device_ = 0;  // Identify the file,
  ino_t inode_ = 0;   // should another one replace it.
  bool ours_ = true;
};

}  // namespace pollux::net
