// --add-user and --remove-user: account administration without a browser. The server may be running
// meanwhile.
//
// Thread: main; the process does not serve.
#pragma once

#include <iosfwd>

#include "accounts/accounts.h"
#include "server/config/command_line.h"

namespace pollux::server {

[[nodiscard]] accounts::Options accounts_options(const AccountsConfig& config);

// Asks for the password twice on the terminal, without echo. If `input` is no terminal, its first line is the
// password. Returns the exit code.
[[nodiscard]] int run(const UserCommand& command, int input, std::ostream& out, std::ostream& err);

}  // namespace pollux::server
