// Reads from an edge-triggered socket.
//
// This version takes one read(2) for each event, as a level-triggered handler may: whatever does not fit into
// one read stays in the socket, and no further edge tells of it. Mend drain() so that it takes everything
// that is there.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>

struct Drained {
  std::string octets;
  bool ended = false;   // The peer has closed its side.
  bool failed = false;  // Anything but "nothing more for now".
};

// `fd` is non-blocking. A read that a signal has interrupted (EINTR) is repeated.
inline Drained drain(int fd) {
  Drained result;
  char piece[16];
  const ssize_t count = ::read(fd, piece, sizeof piece);
  if (count > 0) result.octets.append(piece, static_cast<std::size_t>(count));
  return result;
}
