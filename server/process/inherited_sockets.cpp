#include "server/process/inherited_sockets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <stdexcept>

#include "log/logger.h"

namespace pollux::server {

namespace {

constexpr int kFirst = 3;
constexpr int kMax = 1024;

int number(std::string_view name, std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value > 0) return value;
  throw std::runtime_error(fmt::format("{} = {} in the environment is not a number", name, text));
}

std::string_view variable(const char* name) {
  const char* value = ::getenv(name);  // NOLINT(concurrency-mt-unsafe): there is one thread.
  return value == nullptr ? std::string_view() : std::string_view(value);
}

int option(int socket, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

bool listens_for_tcp(int socket) {
  const int domain = option(socket, SO_DOMAIN);
  return option(socket, SO_ACCEPTCONN) == 1 && option(socket, SO_TYPE) == SOCK_STREAM &&
         (domain == AF_INET || domain == AF_INET6);
}

}  // namespace

std::vector<std::string> descriptor_names(const ListenVariables& variables, int pid) {
  if (variables.pid.empty() || variables.count.empty()) return {};
  if (number("LISTEN_PID", variables.pid) != pid) return {};
  const int count = number("LISTEN_FDS", variables.count);
  if (count > kMax) throw std::runtime_error(fmt::format("LISTEN_FDS = {} is too many", count));
  std::vector<std::string> names;
  std::string_view rest = variables.names;
  while (!variables.names.empty()) {
    const std::size_t colon = rest.find(':');
    names.emplace_back(rest.substr(0, colon));
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  if (names.empty()) names.resize(static_cast<std::size_t>(count));
  if (names.size() != static_cast<std::size_t>(count)) {
    throw std::runtime_error(fmt::format("LISTEN_FDNAMES has {} names for {} sockets", names.size(), count));
  }
  return names;
}

std::vector<InheritedSocket> sockets_of_environment() {
  const auto names = descriptor_names(
      {variable("LISTEN_PID"), variable("LISTEN_FDS"), variable("LISTEN_FDNAMES")}, ::getpid());
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
    (void)::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  }
  std::vector<InheritedSocket> sockets;
  int descriptor = kFirst;
  for (const std::string& name : names) {
    UniqueFd socket(descriptor++);
    if (::fcntl(socket.get(), F_SETFD, FD_CLOEXEC) == 0 && listens_for_tcp(socket.get())) {
      sockets.push_back({std::move(socket), name, {}});
    } else {
      log::warn("descriptor {} ({}) of the service manager is not a TCP socket that listens: closed",
                socket.get(), name.empty() ? "without a name" : name);
    }
  }
  return sockets;
}

}  // namespace pollux::server
