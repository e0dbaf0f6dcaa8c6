#include "log/logger.h"

#include <unistd.h>

#include <exception>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/mutex.h"
#include "log/escape.h"
#include "log/put.h"

namespace pollux::log {

namespace {

constexpr std::size_t kMaxMessage = std::size_t{8} * 1024;  // Octets, before escaping.
constexpr std::string_view kCut = "... (cut)";

using MessageBuffer = fmt::basic_memory_buffer<char, 1024>;

// The current sink. Shared with threads that are writing to it while it is replaced. If the program leaves
// through exit() without shutdown(), it is still flushed.
class Global {
 public:
  [[nodiscard]] std::shared_ptr<Sink> sink() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return sink_;
  }
  void replace(std::shared_ptr<Sink> next) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    sink_.swap(next);
  }  // The old one is flushed by its destructor, without the lock.

 private:
  Mutex mutex_;
  std::shared_ptr<Sink> sink_ GUARDED_BY(mutex_);
};

constinit Global global;

std::shared_ptr<Sink> current_sink() { return global.sink(); }

// Bounded, as standard error may be a pipe without a reader. Octets that it does not accept are lost.
void write_to_stderr(std::string_view line) {
  constexpr milliseconds kPatience{1000};
  static_cast<void>(put(STDERR_FILENO, medium_of(STDERR_FILENO), line, kPatience));
}

void format_message(MessageBuffer& message, fmt::string_view format, fmt::format_args args) {
  try {
    fmt::vformat_to(std::back_inserter(message), format, args);
  } catch (const std::exception& problem) {  // A formatter of one of the arguments threw.
    message.append(std::string_view(" (cannot format: "));
    message.append(std::string_view(problem.what()));
    message.push_back(')');
  }
  if (message.size() > kMaxMessage) {
    message.resize(kMaxMessage - kCut.size());
    message.append(kCut);
  }
}

void write_emergency(std::string_view message) {
  LineBuffer line;
  line.append(std::string_view("pollux: [emerg] "));
  escape_controls(line, message);
  line.push_back('\n');
  write_to_stderr(view(line));
}

}  // namespace

void detail::write(Level level, fmt::string_view format, fmt::format_args args) noexcept {
  MessageBuffer message;
  format_message(message, format, args);
  const std::string_view text(message.data(), message.size());
  const std::shared_ptr<Sink> sink = current_sink();
  if (level == Level::kEmerg) {
    write_emergency(text);
    if (sink == nullptr || sink->reaches_stderr() || !enabled(level)) return;
  }
  LineBuffer line;
  append_line(line, level, std::chrono::system_clock::now(), text);
  if (sink != nullptr) {
    sink->write(view(line));
  } else {
    write_to_stderr(view(line));
  }
}

void configure(Level level, std::unique_ptr<Sink> sink) {
  set_level(level);
  global.replace(std::move(sink));
}

void shutdown() {
  const std::shared_ptr<Sink> sink = current_sink();
  const Lost lost_in_all = sink != nullptr ? sink->close() : Lost();
  global.replace(nullptr);
  if (lost_in_all.lines > 0)
    warn("{} log lines ({} octets) were lost since the start", lost_in_all.lines, lost_in_all.octets);
}

void set_level(Level level) { detail::threshold.store(level, std::memory_order_relaxed); }

void flush() {
  if (const auto sink = current_sink()) sink->flush();
}

void set_rotation(const Rotation& rotation) {
  if (const auto sink = current_sink()) sink->set_rotation(rotation);
}

void reopen() {
  if (const auto sink = current_sink()) sink->reopen();
}

Lost lost() {
  const std::shared_ptr<Sink> sink = current_sink();
  return sink != nullptr ? sink->lost() : Lost();
}

}  // namespace pollux::log
