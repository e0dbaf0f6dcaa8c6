// An upgrade (SIGUSR2): the program on disk is started with the arguments of this one, and takes its place
// once it says that it is ready. Until then, and if it never does, this process serves as ever.
//
//   this process                                     the program on disk
//   start() --posix_spawn--------------------------> has the listening sockets and the legacy, reads its
//                                                    configuration, opens its logs and its site
//   repeats what it writes to standard error <------ ...
//   on_ready(): accepts no more, drains      <------ ready: serves
//   or on_failure(): goes on                 <------ exits
//
// Thread: the loop's.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/event_loop.h"
#include "server/upgrade/new_program.h"

namespace pollux::server {

// How this program was called.
struct Invocation {
  std::string program;                 // Path: absolute.
  std::vector<std::string> arguments;  // With the program's name.

  // REQUIRES: the working directory and PATH are those of the call.
  [[nodiscard]] static Invocation of_main(int argc, char** argv);
};

class Successor {
 public:
  struct Callbacks {
    std::function<void(pid_t pid)> on_ready;
    std::function<void(const std::string& why)> on_failure;
  };

  Successor(net::EventLoop& loop, Invocation invocation, Callbacks callbacks);
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;

  // Calls back, at once if it cannot be started. `sockets`: borrowed, in the order of the legacy.
  // REQUIRES: none is under way.
  void start(const std::vector<int>& sockets, const Legacy& legacy);
  [[nodiscard]] bool under_way() const { return program_ != nullptr; }
  // Kills one that is not ready, and does not call back.
  void cancel();

  // SIGCHLD has come.
  void on_child_signal();

 private:
  pid_t let_go();

  net::EventLoop& loop_;
  const Invocation invocation_;
  const Callbacks callbacks_;
  std::unique_ptr<NewProgram> program_;
  std::unique_ptr<NewProgram> over_;  // Until the end of the iteration.
};

}  // namespace pollux::server
