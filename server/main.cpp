// The pollux program.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "log/logger.h"
#include "net/signal_watcher.h"
#include "server/account_commands.h"
#include "server/command_line.h"
#include "server/hidden_memory.h"
#include "server/logging.h"
#include "server/pollers.h"
#include "server/web_server.h"

namespace {

using pollux::server::Exit;

// Where standard input, output or error is closed, a socket must not get its number: what is meant for people
// would be sent to a client.
void fill_standard_descriptors() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) ::close(fd);
}

int serve(const pollux::server::Run& run, const std::vector<std::string>& arguments) {
  pollux::net::SignalWatcher::block({SIGTERM, SIGINT});  // For when it serves; and before it has threads.
  pollux::server::configure_log(run.config.log);
  pollux::server::Config config = run.config;
  if (config.accounts.enabled) pollux::server::hide_memory();
  pollux::server::Pollers pollers(config.server);
  config.server.model = pollers.model();
  const auto read = [&arguments, &file = run.config_file] {
    return pollux::server::read_again(arguments, file);
  };
  pollux::server::WebServer server(run.config, config, read, std::move(pollers));
  if (::geteuid() == 0) {
    pollux::log::warn("running as root: a fault in the server would have all rights; see docs/deploy.md");
  }
  for (const std::string& url : server.urls()) fmt::print("listening on {}\n", url);
  (void)std::fflush(stdout);
  server.run();
  return Exit::kSuccess;
}

}  // namespace

int main(int argc, char** argv) {
  pollux::net::SignalWatcher::block(
      {SIGUSR1, SIGHUP});  // First of all: nobody who sends one means to end us.
  fill_standard_descriptors();
  // Writing to a client that has gone, or a log that is full, is an error code and not the end.
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  int code = Exit::kFailure;
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto start = pollux::server::start_up(arguments, std::cout, std::cerr);
    if (const auto* exit = std::get_if<Exit>(&start)) return exit->code;
    if (const auto* command = std::get_if<pollux::server::UserCommand>(&start)) {
      pollux::server::hide_memory();
      return pollux::server::run(*command, STDIN_FILENO, std::cout, std::cerr);
    }
    code = serve(std::get<pollux::server::Run>(start), arguments);
  } catch (const std::exception& error) {
    pollux::log::emerg("{}", error.what());
  }
  pollux::log::shutdown();
  return code;
}
