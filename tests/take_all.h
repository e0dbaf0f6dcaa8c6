// All octets of a queue, gathered and consumed as a connection does it.
#pragma once

#include <sys/uio.h>

#include <array>
#include <string>

#include "base/output_queue.h"

namespace pollux::test {

inline std::string take_all(OutputQueue& out) {
  std::string octets;
  while (!out.empty()) {
    std::array<iovec, 4> iov;
    const std::size_t pieces = out.gather(iov).value().pieces;
    const std::size_t before = octets.size();
    for (std::size_t i = 0; i < pieces; ++i)
      octets.append(static_cast<const char*>(iov[i].iov_base), iov[i].iov_len);
    out.consume(octets.size() - before);
  }
  return octets;
}

}  // namespace pollux::test
