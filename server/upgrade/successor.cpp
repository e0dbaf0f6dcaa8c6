#include "server/upgrade/successor.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace pollux::server {

namespace {

std::string in_path(const std::string& name) {
  const char* path = ::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): there is one thread.
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    const auto candidate = std::filesystem::path(rest.substr(0, colon)) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return name;
}

}  // namespace

Invocation Invocation::of_main(int argc, char** argv) {
  Invocation invocation;
  invocation.arguments.assign(argv, argv + argc);
  const std::string name = argc > 0 ? argv[0] : "";
  std::error_code ignored;
  invocation.program =
      std::filesystem::absolute(name.find('/') == std::string::npos ? in_path(name) : name, ignored).string();
  return invocation;
}

Successor::Successor(net::EventLoop& loop, Invocation invocation, Callbacks callbacks)
    : loop_(loop), invocation_(std::move(invocation)), callbacks_(std::move(callbacks)) {}

void Successor::start(const std::vector<int>& sockets, const Legacy& legacy) {
  try {
    program_ = std::make_unique<NewProgram>(loop_, [this] { callbacks_.on_ready(let_go()); });
    program_->start({.path = invocation_.program,
                     .arguments = invocation_.arguments,
                     .environment = {},
                     .standard_error = -1,
                     .descriptors = {}},
                    sockets, legacy);
  } catch (const std::exception& error) {
    program_.reset();
    callbacks_.on_failure(error.what());
  }
}

void Successor::cancel() {
  if (!program_) return;
  if (const pid_t pid = let_go(); pid > 0) (void)::kill(pid, SIGKILL);
}

void Successor::on_child_signal() {
  if (!program_) {  // One that was killed, or has ended after it took over.
    while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
    return;
  }
  const auto why = program_->why_it_ended();
  if (!why) return;
  (void)let_go();
  callbacks_.on_failure(*why);
}

pid_t Successor::let_go() {
  const pid_t pid = program_->let_go();
  over_ = std::move(program_);
  loop_.post([this] { over_.reset(); });
  return pid;
}

}  // namespace pollux::server
