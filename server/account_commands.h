// --add-user and --remove-user: what the operator does to the accounts without a browser. The server may be
// running meanwhile.
//
// Thread: instead of serving.
#pragma once

#include <iosfwd>

#include "accounts/accounts.h"
#include "server/config/command_line.h"

namespace pollux::server {

[[nodiscard]] accounts::Options accounts_options(const AccountsConfig& config);

// Asks for the password on the terminal, without echo and twice; if `input` is none, its first line is the
// password. Returns the exit code.
[[nodiscard]] int run(const UserCommand& command, int input, std::ostream& out, std::ostream& err);

}  // namespace pollux::server
