// A thread for an event loop. An exception from the loop ends the program with a message: a server that has
// lost a loop would go on accepting clients that it never serves.
#pragma once

#include <exception>
#include <thread>

#include "log/logger.h"
#include "net/event_loop.h"

namespace pollux::server {

// The thread ends after loop.stop(). Throws std::system_error when no thread can be started.
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
