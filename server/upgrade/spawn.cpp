#include "server/upgrade/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace pollux::server {

namespace {

constexpr int kFirst = 3;

void check(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::system_category(), what);
}

class FileActions {
 public:
  FileActions() { check(::posix_spawn_file_actions_init(&actions_), "posix_spawn_file_actions_init"); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  void duplicate(int from, int to) {
    check(::posix_spawn_file_actions_adddup2(&actions_, from, to), "posix_spawn_file_actions_adddup2");
  }
  // Also closes descriptors that a library has opened without FD_CLOEXEC.
  void close_from(int first) {
    check(::posix_spawn_file_actions_addclosefrom_np(&actions_, first),
          "posix_spawn_file_actions_addclosefrom_np");
  }

  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() {
    check(::posix_spawnattr_init(&attributes_), "posix_spawnattr_init");
    sigset_t none;
    ::sigemptyset(&none);
    sigset_t all;
    ::sigfillset(&all);
    check(::posix_spawnattr_setsigmask(&attributes_, &none), "posix_spawnattr_setsigmask");
    check(::posix_spawnattr_setsigdefault(&attributes_, &all), "posix_spawnattr_setsigdefault");
    check(::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF),
          "posix_spawnattr_setflags");
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }

  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

// A duplicate above all numbers that are assigned, so that no assignment overwrites a descriptor that is
// still needed.
UniqueFd beyond(int fd, int last) {
  UniqueFd duplicate(::fcntl(fd, F_DUPFD_CLOEXEC, last + 1));
  if (!duplicate) check(errno, "fcntl F_DUPFD_CLOEXEC");
  return duplicate;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

pid_t spawn(const Program& program) {
  const int end = kFirst + static_cast<int>(program.descriptors.size());
  std::vector<UniqueFd> sources;
  FileActions actions;
  const auto assign = [&](int fd, int number) {
    sources.push_back(beyond(fd, end));
    actions.duplicate(sources.back().get(), number);
  };
  assign(program.standard_error, STDERR_FILENO);
  int number = kFirst;
  for (const int fd : program.descriptors) assign(fd, number++);
  actions.close_from(end);
  const Attributes attributes;
  const auto arguments = pointers(program.arguments);
  const auto environment = pointers(program.environment);
  pid_t pid = 0;
  check(::posix_spawn(&pid, program.path.c_str(), actions.get(), attributes.get(), arguments.data(),
                      environment.data()),
        "cannot execute " + program.path);
  return pid;
}

}  // namespace pollux::server
