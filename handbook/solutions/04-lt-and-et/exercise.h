// Reads from an edge-triggered socket.
//
// It reads until EAGAIN: an edge is told once, for all that is there.
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
  while (true) {
    const ssize_t count = ::read(fd, piece, sizeof piece);
    if (count > 0) {
      result.octets.append(piece, static_cast<std::size_t>(count));
    } else if (count == 0) {
      result.ended = true;
      return result;
    } else if (errno == EAGAIN) {
      return result;
    } else if (errno != EINTR) {
      result.failed = true;
      return result;
    }
  }
}
