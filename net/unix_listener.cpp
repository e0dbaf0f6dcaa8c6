#include "net/unix_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace pollux::net {

namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  throw std::system_error(error, std::system_category(), "cannot listen on unix:" + path);
}

UniqueFd make_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy_n(path.begin(), std::min(path.size(), sizeof address.sun_path - 1), std::begin(address.sun_path));
  return address;
}

// connect(2), bind(2)
template <class Call>
int call(Call function, int socket, const std::string& path) {
  const sockaddr_un address = address_of(path);
  return function(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

// Only ECONNREFUSED means that no socket listens: not a full queue, missing rights, or a socket of another
// type.
bool is_dead(const std::string& path) {
  const UniqueFd probe = make_socket();
  return probe && call(::connect, probe.get(), path) == ECONNREFUSED;
}

bool is_file(const std::string& path, struct stat& status) { return ::lstat(path.c_str(), &status) == 0; }

// The error for an obstacle at the path that will not go away, as errno; 0: no obstacle.
int what_is_in_the_way(const std::string& path) {
  struct stat status {};
  if (!is_file(path, status)) return errno == ENOENT ? 0 : errno;
  if (!S_ISSOCK(status.st_mode)) return EEXIST;
  return is_dead(path) ? 0 : EADDRINUSE;
}

// Removes the file of a dead socket. errno: it is something else, or it cannot be removed.
int clear_the_way(const std::string& path) {
  if (const int error = what_is_in_the_way(path)) return error;
  struct stat status {};
  return !is_file(path, status) || ::unlink(path.c_str()) == 0 ? 0 : errno;
}

}  // namespace

UnixListener::UnixListener(std::string path, mode_t mode, int backlog)
    : path_(std::move(path)), socket_(make_socket()) {
  if (!socket_) fail(path_, errno);
  if (const int error = clear_the_way(path_)) fail(path_, error);
  if (const int error = call(::bind, socket_.get(), path_)) fail(path_, error);
  struct stat status {};
  const bool ours = is_file(path_, status) && S_ISSOCK(status.st_mode);
  if (!ours || ::chmod(path_.c_str(), mode) != 0 || ::listen(socket_.get(), backlog) != 0) {
    const int error = errno;
    (void)::unlink(path_.c_str());
    fail(path_, error);
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

UnixListener::UnixListener(std::string path, UniqueFd socket)
    : path_(std::move(path)), socket_(std::move(socket)) {
  struct stat status {};
  ours_ = is_file(path_, status);
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

UnixListener::~UnixListener() {
  struct stat status {};
  const bool there = is_file(path_, status) && status.st_dev == device_ && status.st_ino == inode_;
  if (ours_ && there) (void)::unlink(path_.c_str());
}

std::optional<std::string> UnixListener::obstacle(const std::string& path) {
  if (const int error = what_is_in_the_way(path)) return std::system_category().message(error);
  const std::string directory = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  if (::access(directory.c_str(), W_OK | X_OK) != 0) return std::system_category().message(errno);
  return std::nullopt;
}

}  // namespace pollux::net
