// The pollux program.
#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "log/logger.h"
#include "server/command_line.h"
#include "server/logging.h"
#include "server/web_server.h"

namespace {

using pollux::server::Exit;

int serve(const pollux::server::Run& run) {
  pollux::server::configure_log(run.config.log);
  pollux::server::WebServer server(run.config);
  for (const std::string& url : server.urls()) fmt::print("listening on {}\n", url);
  (void)std::fflush(stdout);
  server.run();
  return Exit::kSuccess;
}

}  // namespace

int main(int argc, char** argv) {
  // Writing to a client that has gone, or a log that is full, is an error code and not the end.
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  int code = Exit::kFailure;
  try {
    const auto start = pollux::server::start_up({argv + 1, argv + argc}, std::cout, std::cerr);
    if (const auto* exit = std::get_if<Exit>(&start)) return exit->code;
    code = serve(std::get<pollux::server::Run>(start));
  } catch (const std::exception& error) {
    pollux::log::emerg("{}", error.what());
  }
  pollux::log::shutdown();
  return code;
}
