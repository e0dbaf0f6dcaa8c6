// One start of the program that is to replace this one: it relays the program's messages, and reports whether
// the program becomes ready.
//
// The program's standard error is a pipe, whose lines go to our log. Descriptors 0 and 1 are ours;
// predecessor.h describes the others. Secrets are in the legacy, a memfd, and neither in arguments nor in the
// environment.
//
// Thread: the loop's.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "net/channel.h"
#include "net/event_loop.h"
#include "server/upgrade/legacy.h"
#include "server/upgrade/spawn.h"
#include "timer/timing_wheel.h"

namespace pollux::server {

class NewProgram {
 public:
  // Starts nothing yet. Throws std::system_error.
  NewProgram(net::EventLoop& loop, std::function<void()> on_ready);
  NewProgram(const NewProgram&) = delete;
  NewProgram& operator=(const NewProgram&) = delete;
  ~NewProgram();  // Kills the program, unless let_go() was called.

  // `program`: its path and arguments. `sockets`: borrowed, in the order of the legacy. Throws
  // std::system_error.
  void start(Program program, const std::vector<int>& sockets, const Legacy& legacy);

  // How the program has ended, with its last line; std::nullopt: it runs.
  [[nodiscard]] std::optional<std::string> why_it_ended();

  // Ignores events and the deadline from now on. Returns the process id; 0: it has ended. Destroy the object
  // at the end of the iteration, which may still have events for it.
  pid_t let_go();

 private:
  struct Output {
    UniqueFd read;
    UniqueFd write;
    net::Channel channel;  // Watches `read`.
    bool watched = false;  // It is on the loop.
  };
  template <auto Method>
  [[nodiscard]] Output make_output();

  void on_ready(std::uint32_t events);
  void on_errors(std::uint32_t events);
  std::size_t read_errors();
  void stop_watching(Output& output);
  void end_line();

  net::EventLoop& loop_;
  const std::function<void()> on_ready_;
  Output ready_;
  Output errors_;
  Timer patience_;
  pid_t pid_ = 0;  // 0: it has ended, or let_go() was called.
  bool too_late_ = false;
  std::string line_;  // An unfinished line.
  std::string last_line_;
};

}  // namespace pollux::server
