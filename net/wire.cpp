#include "net/wire.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include "log/throttle.h"
#include "net/transport.h"

namespace pollux::net {

bool Wire::has_octets(int socket) {
  int octets = 0;
  return ::ioctl(socket, FIONREAD, &octets) == 0 && octets > 0;
}

// Best effort: a client that does not read these few octets does not miss them.
void Wire::send_farewell(int socket, Transport& transport) {
  const std::string_view octets = transport.farewell();
  if (!octets.empty()) (void)::send(socket, octets.data(), octets.size(), MSG_NOSIGNAL);
}

// Otherwise the kernel would keep the unsent octets for a client that does not read.
void Wire::forget_unsent(int socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

Portion Wire::portion_of(std::span<iovec> pieces, std::uint64_t max) {
  std::uint64_t left = max;
  std::size_t count = 0;
  while (count < pieces.size() && left > 0) {
    iovec& piece = pieces[count++];
    piece.iov_len = std::min<std::uint64_t>(piece.iov_len, left);
    left -= piece.iov_len;
  }
  return {pieces.first(count), max - left};
}

void Wire::report_changed_file() {
  static log::Throttle throttle(10);
  throttle.log(log::Level::kWarn, "a file changed while it was sent; its connection is closed short");
}

}  // namespace pollux::net
