// Tests of io_uring are skipped where it is not to be had.
#pragma once

#include <exception>
#include <string>

#include "net/ring.h"

namespace pollux::net {

// Why there is none; empty: there is.
inline std::string no_ring() {
  try {
    const Ring ring({});
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace pollux::net
