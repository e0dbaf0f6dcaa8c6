#include "castor/unix_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>

namespace pollux::castor {

client::Connecting connect_unix(const std::string& path) {
  client::Connecting result;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  result.fd.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (!result.fd || ::connect(result.fd.get(), generic, sizeof address) != 0) {
    result.error = errno;
    result.fd.reset();
  }
  return result;
}

}  // namespace pollux::castor
