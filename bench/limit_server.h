// The common part of the limit programs: the command line, the listeners, and one loop for each thread.
//
//   PROGRAM PORT THREADS FOLDER
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/unique_fd.h"
#include "bench/limit_answers.h"

namespace pollux::bench {

// Serves the connections of one listener.
// Thread: constructed on the main thread, run on its own.
class Loop {
 public:
  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  virtual ~Loop() = default;

  [[noreturn]] virtual void run() = 0;
};

// Throws std::system_error; `error` is an errno.
[[noreturn]] void fail(const char* what, int error);

// A listener on 127.0.0.1 that shares its port with the other loops' (SO_REUSEPORT) and holds a client back
// until its request has come (TCP_DEFER_ACCEPT). Throws std::system_error.
[[nodiscard]] UniqueFd listen_on(std::uint16_t port);

using MakeLoop = std::function<std::unique_ptr<Loop>(std::uint16_t port, const Answers& answers)>;

// Serves until the process is killed. `arguments` are PORT, THREADS and FOLDER.
// Returns the exit status after an error, which it prints with the name of the `program`.
[[nodiscard]] int run_loops(const char* program, char** arguments, const MakeLoop& make_loop);

}  // namespace pollux::bench
