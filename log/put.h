// write(2) with a bounded wait.
//
// A regular file accepts the octets or fails. A pipe, a terminal or a socket can also block, and then the
// server would stand still because nobody reads its log. O_NONBLOCK is not the solution: it belongs to the
// open file description, which standard error shares with the shell that started us. So such descriptors are
// polled, and get at most the octets that a pipe with any room accepts at once.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/clock.h"

namespace pollux::log {

enum class Medium { kFile, kSocket, kStream };  // kStream: a pipe, a terminal, another device.

struct Put {
  std::size_t written = 0;  // Octets.
  int error = 0;            // errno; 0 if all was written, ETIMEDOUT if the reader did not move.
};

[[nodiscard]] Medium medium_of(int fd);

// Lines stay whole if the medium allows it: one write(2) to a file, and pieces of whole lines up to PIPE_BUF
// octets to a stream. Waits at most `patience` each time nothing can be written.
[[nodiscard]] Put put(int fd, Medium medium, std::string_view lines, milliseconds patience) noexcept;

}  // namespace pollux::log
