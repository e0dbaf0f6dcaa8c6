#include "server/upgrade/predecessor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "log/logger.h"

namespace pollux::server {

namespace {

constexpr off_t kMaxLegacy = 1024 * 1024;  // Octets.
constexpr int kMaxSockets = 100'000;

UniqueFd adopt(int fd) {
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    throw std::runtime_error(fmt::format("{} is set, but descriptor {} is not open", kUpgradeVariable, fd));
  }
  return UniqueFd(fd);
}

std::string read_whole(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0 || status.st_size > kMaxLegacy) {
    throw std::runtime_error("what the predecessor has left cannot be read");
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  if (::pread(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("what the predecessor has left cannot be read");
  }
  return text;
}

int count_of(const char* value) {
  char* end = nullptr;
  const long count = std::strtol(value, &end, 10);
  if (end == value || *end != '\0' || count < 0 || count > kMaxSockets) {
    throw std::runtime_error(fmt::format("{} = {} is not a number of sockets", kUpgradeVariable, value));
  }
  return static_cast<int>(count);
}

}  // namespace

Predecessor Predecessor::from_environment() {
  Predecessor predecessor;
  const char* value = ::getenv(kUpgradeVariable);  // NOLINT(concurrency-mt-unsafe): there is one thread.
  if (value == nullptr) return predecessor;
  const int count = count_of(value);
  (void)::unsetenv(kUpgradeVariable);  // NOLINT(concurrency-mt-unsafe)
  int next = kFirstPassed;
  for (int i = 0; i < count; ++i) predecessor.sockets_.push_back({adopt(next++), {}, {}});
  const UniqueFd legacy = adopt(next++);
  predecessor.ready_ = adopt(next++);
  predecessor.error_ = adopt(next);
  std::string text = read_whole(legacy.get());
  predecessor.legacy_ = parse_legacy(text);
  ::explicit_bzero(text.data(), text.size());
  if (predecessor.legacy_.sockets.size() != predecessor.sockets_.size()) {
    throw std::runtime_error("the predecessor has left more sockets than it names, or fewer");
  }
  for (std::size_t i = 0; i < predecessor.sockets_.size(); ++i) {
    predecessor.sockets_[i].name = predecessor.legacy_.sockets[i].name;
    predecessor.sockets_[i].place = predecessor.legacy_.sockets[i].place;
  }
  return predecessor;
}

void Predecessor::tell_ready() {
  if (!present()) return;
  (void)::dup2(error_.get(), STDERR_FILENO);
  const char word = '1';
  if (::write(ready_.get(), &word, 1) != 1) {
    log::warn("the predecessor does not hear that this program is ready: {}", std::strerror(errno));
  }
  ready_.reset();
  error_.reset();
}

}  // namespace pollux::server
