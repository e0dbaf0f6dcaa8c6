// The pollux program.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "log/logger.h"
#include "net/signal_watcher.h"
#include "server/account_commands.h"
#include "server/config/command_line.h"
#include "server/listen/listening_sockets.h"
#include "server/logging.h"
#include "server/pollers.h"
#include "server/process/hidden_memory.h"
#include "server/process/inherited_sockets.h"
#include "server/process/pid_file.h"
#include "server/process/sandbox.h"
#include "server/process/service_manager.h"
#include "server/process/service_user.h"
#include "server/upgrade/predecessor.h"
#include "server/web_server.h"

namespace {

using namespace pollux::server;  // NOLINT(google-build-using-namespace): this is its program.
namespace log = pollux::log;

// If standard input, output or error is closed, a socket must not get its number: messages for people would
// go to a client.
void fill_standard_descriptors() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) ::close(fd);
}

// Drops the rights of root that the site's user lacks.
void give_up_rights(const std::optional<ServiceUser>& user) {
  if (user && is_root()) {
    become(*user);
  } else if (user && ::geteuid() != user->uid) {
    log::info("server.user = {}: the server was not started as root, and stays who it is", user->name);
  }
  if (::geteuid() == 0) {
    log::warn("running as root: a fault in the server would have all rights; see docs/deploy.md");
  }
}

// The order follows the rights: only steps that need all rights have them.
int serve(const Run& run, const std::vector<std::string>& arguments, Invocation invocation) {
  Predecessor predecessor = Predecessor::from_environment();
  ServiceManager manager = ServiceManager::from_environment();
  Config config = run.config;
  ListeningSockets sockets(predecessor.present() ? predecessor.take_sockets() : sockets_of_environment());
  sockets.put_names_into(config);
  const std::optional<ServiceUser> user = ServiceUser::of(config.server);
  (void)::umask(::umask(0) | S_IWGRP | S_IRWXO);  // Logs and database are private to the server's user.
  const Sandbox sandbox =
      Sandbox::enter(config, {invocation.program, run.config_file}, predecessor.legacy().sandbox);
  {
    const ActingAs rights(user);
    configure_log(config.log, predecessor.standard_error());
  }
  sockets.open_all(config);
  pollux::tls::TicketKeys ticket_keys;
  auto tls = make_identity(config, ticket_keys);
  log::info("sandbox: {}", sandbox.description());
  give_up_rights(user);

  hide_memory(has_secrets(config) && !config.server.core_dumps);  // Also undone by a change of users.
  pollux::milliseconds keys_due = pollux::tls::TicketKeys::kPeriod;
  if (const auto& keys = predecessor.legacy().ticket_keys; keys) {
    ticket_keys.replace(keys->octets);
    keys_due = keys->due;
  }
  Pollers pollers(config.server);
  config.server.model = pollers.model();
  WebServer server(run.config, config,
                   [&arguments, &file = run.config_file] { return read_again(arguments, file); },
                   {.sockets = sockets,
                    .sandbox = sandbox,
                    .manager = manager,
                    .invocation = std::move(invocation),
                    .ticket_keys = ticket_keys,
                    .ticket_keys_due = keys_due,
                    .pollers = std::move(pollers),
                    .tls = std::move(tls)});
  const PidFile pid_file(config.server.pid_file);
  for (const std::string& url : server.urls()) fmt::print("listening on {}\n", url);
  (void)std::fflush(stdout);
  if (!predecessor.present())
    manager.ready(server.description());  // Otherwise the predecessor tells the manager.
  predecessor.tell_ready();
  server.run();
  return Exit::kSuccess;
}

}  // namespace

int main(int argc, char** argv) {
  // First of all, since a sender of these signals does not mean to end us. The others are blocked when it
  // serves, before there are other threads.
  pollux::net::SignalWatcher::block({SIGUSR1, SIGUSR2, SIGHUP});
  fill_standard_descriptors();
  // Writing to a client that has gone, or to a full log, must return an error and not end the program.
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  (void)std::signal(SIGCHLD, SIG_DFL);  // If it is ignored, a child's end cannot be noticed.
  int code = Exit::kFailure;
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const auto start = start_up(arguments, std::cout, std::cerr);
    if (const auto* exit = std::get_if<Exit>(&start)) return exit->code;
    if (const auto* command = std::get_if<UserCommand>(&start)) {
      hide_memory();
      return run(*command, STDIN_FILENO, std::cout, std::cerr);
    }
    pollux::net::SignalWatcher::block({SIGTERM, SIGINT, SIGCHLD});
    code = serve(std::get<Run>(start), arguments, Invocation::of_main(argc, argv));
  } catch (const std::exception& error) {
    log::emerg("{}", error.what());
  }
  log::shutdown();
  return code;
}
