// Turns main's arguments into a checked configuration.
//
// The short options are those of TinyWebServer. A wrong option ends with exit code 2 at once. A wrong
// configuration ends with 1, after all errors of all sources were shown.
//
// Thread: one at a time. Does not exit the process.
#pragma once

#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

#include "server/config/config.h"

namespace pollux::server {

// Serve with this configuration.
struct Run {
  Config config;
  std::string config_file;  // As given; empty: no file was read.
};

// Change the accounts, and end (account_commands.h).
struct UserCommand {
  enum class Action { kAdd, kRemove };
  Action action = Action::kAdd;
  std::string name;
  Config config;
};

// The result of a reload.
struct Reread {
  Config config;                    // Valid if there are no errors.
  std::vector<std::string> errors;  // In the words of --check.
  std::vector<std::string> warnings;
};

// All output was written; end with this exit code.
struct Exit {
  static constexpr int kSuccess = 0;
  static constexpr int kFailure = 1;
  static constexpr int kUsage = 2;

  int code = kSuccess;
};

using StartUp = std::variant<Run, UserCommand, Exit>;

// `arguments`: without the program's name. Reads the configuration and checks it (config_check.h), with
// errors on `err`; handles --help, --version and --check on `out`.
[[nodiscard]] StartUp start_up(const std::vector<std::string>& arguments, std::ostream& out,
                               std::ostream& err);

// Reads the configuration again with the same options and the file of start_up(). Empty `config_file`: none
// was read. Prints nothing. REQUIRES: start_up() returned Run for these arguments.
[[nodiscard]] Reread read_again(const std::vector<std::string>& arguments, const std::string& config_file);

}  // namespace pollux::server
