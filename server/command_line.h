// The way from main's arguments to a checked configuration.
//
// The short options are TinyWebServer's. Bad usage of an option is told apart from a bad configuration:
// the first ends with exit code 2 at once, the second with 1 after all errors of all sources were shown.
//
// Thread: start-up only. Writes to the given streams; does not exit the process.
#pragma once

#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

#include "server/config.h"

namespace pollux::server {

// Serve with this.
struct Run {
  Config config;
  std::string config_file;  // As given; empty: none was read.
};

// Do this to the accounts, and end (account_commands.h).
struct UserCommand {
  enum class Action { kAdd, kRemove };
  Action action = Action::kAdd;
  std::string name;
  Config config;
};

// Everything was said; end with this exit code.
struct Exit {
  static constexpr int kSuccess = 0;
  static constexpr int kFailure = 1;
  static constexpr int kUsage = 2;

  int code = kSuccess;
};

using StartUp = std::variant<Run, UserCommand, Exit>;

// `arguments` without the program's name. Reads the configuration, checks it (config_check.h) and tells
// about errors on `err`; answers --help, --version and --check on `out`.
[[nodiscard]] StartUp start_up(const std::vector<std::string>& arguments, std::ostream& out,
                               std::ostream& err);

}  // namespace pollux::server
