// write(2) that does not wait forever.
//
// A regular file takes what it is given or fails. A pipe, a terminal or a socket can also block, and
// then the server would stand still because nobody reads its log. O_NONBLOCK is not the answer: it
// belongs to the open file description, which standard error shares with the shell that started us.
// So such descriptors are polled, and given at most what a pipe with any room takes at once.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/clock.h"

namespace pollux::log {

enum class Medium { kFile, kSocket, kStream };  // kStream: a pipe, a terminal, another device.

struct Put {
  std::size_t written = 0;  // Octets.
  int error = 0;            // errno; 0 when all was written, ETIMEDOUT when the reader did not move.
};

[[nodiscard]] Medium medium_of(int fd);

// Lines stay whole where the medium allows it: in one write(2) to a file, in pieces of whole lines up
// to PIPE_BUF octets to a stream. Waits at most `patience` each time nothing can be written.
[[nodiscard]] Put put(int fd, Medium medium, std::string_view lines, milliseconds patience) noexcept;

}  // namespace pollux::log
