// An upgrade (SIGUSR2): the program on disk is started with this process's arguments, and replaces this
// process once it says that it is ready. Until then, and if that never happens, this process goes on serving.
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

// The call of this program.
struct Invocation {
  std::string program;                 // Absolute path.
  std::vector<std::string> arguments;  // With the program's name first.

  // REQUIRES: the working directory and PATH are still those of the call.
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

  // Calls back, even at once if the program cannot be started. `sockets`: borrowed, in the order of the
  // legacy. REQUIRES: no upgrade is running.
  void start(const std::vector<int>& sockets, const Legacy& legacy);
  [[nodiscard]] bool under_way() const { return program_ != nullptr; }
  // Kills a program that is not ready, without calling back.
  void cancel();

  // To be called on SIGCHLD.
  void on_child_signal();

 private:
  pid_t let_go();

  net::EventLoop& loop_;
  const Invocation invocation_;
  const Callbacks callbacks_;
  std::unique_ptr<NewProgram> program_;
  std::unique_ptr<NewProgram> over_;  // Kept until the end of the iteration.
};

}  // namespace pollux::server
