// The way from main's arguments to a checked configuration.
//
// The short options are TinyWebServer's. Bad usage of an option is told apart from a bad configuration:
// the first ends with exit code 2 at once, the second with 1 after all errors of all sources were shown.
//
// Thread: one at a time. Does not exit the process.
#pragma once

#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

#include "server/config/config.h"

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

// What a reload finds.
struct Reread {
  Config config;                    // If there are no errors.
  std::vector<std::string> errors;  // In the words of --check.
  std::vector<std::string> warnings;
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

// The configuration anew: with the same options, and the file that start_up() has read; empty: none was. Says
// nothing itself. REQUIRES: start_up() has answered these arguments with Run.
[[nodiscard]] Reread read_again(const std::vector<std::string>& arguments, const std::string& config_file);

}  // namespace pollux::server
