// A thread for an event loop. What it cannot go on after ends the program, with a word about it: a server
// that has lost one of its loops would go on accepting clients it never serves.
#pragma once

#include <exception>
#include <thread>

#include "log/logger.h"
#include "net/event_loop.h"

namespace pollux::server {

// Ends with loop.stop(). Throws std::system_error when there is no thread to be had.
[[nodiscard]] inline std::thread start_loop_thread(net::EventLoop& loop) {
  return std::thread([&loop] {
    try {
      loop.run();
    } catch (const std::exception& error) {
      log::emerg("an event loop ended: {}", error.what());
      std::terminate();
    }
  });
}

}  // namespace pollux::server
