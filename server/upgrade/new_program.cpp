#include "server/upgrade/new_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "log/logger.h"
#include "server/upgrade/predecessor.h"

namespace pollux::server {

namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::size_t kMaxLine = 1024;  // Octets; longer lines are cut.
constexpr int kLastReads = 16;          // Of what a pipe holds, 64 KiB.

[[noreturn]] void fail(const char* call) { throw std::system_error(errno, std::system_category(), call); }

UniqueFd write_down(const Legacy& legacy) {
  UniqueFd file(::memfd_create("pollux-legacy", MFD_CLOEXEC));
  if (!file) fail("memfd_create");
  std::string text = text_of(legacy);
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  ::explicit_bzero(text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) fail("memfd");
  return file;
}

// Our environment, without the variables that are meant for this process alone.
std::vector<std::string> environment_for(std::size_t sockets) {
  std::vector<std::string> variables = {fmt::format("{}={}", kUpgradeVariable, sockets)};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    if (!variable.starts_with("WATCHDOG_PID=")) variables.emplace_back(variable);
  }
  return variables;
}

std::string end_of(int status) {
  if (WIFSIGNALED(status)) return fmt::format("it was ended by signal {}", WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

}  // namespace

template <auto Method>
NewProgram::Output NewProgram::make_output() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
  UniqueFd read(ends[0]);
  UniqueFd write(ends[1]);
  if (::fcntl(read.get(), F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
  return {std::move(read), std::move(write), net::Channel::of<Method>(ends[0], *this)};
}

NewProgram::NewProgram(net::EventLoop& loop, std::function<void()> on_ready)
    : loop_(loop),
      on_ready_(std::move(on_ready)),
      ready_(make_output<&NewProgram::on_ready>()),
      errors_(make_output<&NewProgram::on_errors>()),
      patience_([this](TimePoint) {
        too_late_ = true;
        (void)::kill(pid_, SIGKILL);
      }) {}

NewProgram::~NewProgram() {
  if (pid_ > 0) (void)::kill(pid_, SIGKILL);
}

void NewProgram::start(Program program, const std::vector<int>& sockets, const Legacy& legacy) {
  const UniqueFd file = write_down(legacy);
  program.environment = environment_for(sockets.size());
  program.standard_error = errors_.write.get();
  program.descriptors = sockets;
  for (const int fd : {file.get(), ready_.write.get(), STDERR_FILENO}) program.descriptors.push_back(fd);
  pid_ = spawn(program);
  ready_.write.reset();
  errors_.write.reset();
  for (Output* output : {&ready_, &errors_}) {
    loop_.add(output->channel, EPOLLIN);
    output->watched = true;
  }
  loop_.timers().arm(patience_, loop_.now().steady + kPatience);
}

void NewProgram::stop_watching(Output& output) {
  if (std::exchange(output.watched, false)) loop_.remove(output.channel);
}

pid_t NewProgram::let_go() {
  loop_.timers().cancel(patience_);
  stop_watching(ready_);
  stop_watching(errors_);
  return std::exchange(pid_, 0);
}

std::optional<std::string> NewProgram::why_it_ended() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = 0;
  for (int i = 0; i < kLastReads && read_errors() > 0; ++i) continue;
  if (!line_.empty()) end_line();
  std::string why =
      too_late_ ? fmt::format("it was not ready after {} s", kPatience.count()) : end_of(status);
  if (!last_line_.empty()) why += ": " + last_line_;
  return why;
}

void NewProgram::on_ready(std::uint32_t /*events*/) {
  char word = 0;
  const ssize_t count = ::read(ready_.read.get(), &word, 1);
  if (count == 1) return on_ready_();
  if (count == 0) stop_watching(ready_);  // It is about to end: SIGCHLD will say so.
}

void NewProgram::on_errors(std::uint32_t /*events*/) {
  if (read_errors() == 0) stop_watching(errors_);
}

// Returns the number of octets; 0 at the end of the pipe, or when there is nothing.
std::size_t NewProgram::read_errors() {
  std::array<char, 4096> octets;
  const ssize_t count = ::read(errors_.read.get(), octets.data(), octets.size());
  if (count <= 0) return 0;
  for (const char c : std::string_view(octets.data(), static_cast<std::size_t>(count))) {
    if (c == '\n') {
      end_line();
    } else if (line_.size() < kMaxLine) {
      line_ += c;
    }
  }
  return static_cast<std::size_t>(count);
}

void NewProgram::end_line() {
  log::info("upgrade: the new program says: {}", line_);
  last_line_ = std::exchange(line_, {});
}

}  // namespace pollux::server
