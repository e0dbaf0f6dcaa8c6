#include "server/logging.h"

#include <unistd.h>

#include <string_view>
#include <utility>

#include "log/async_sink.h"
#include "log/datagram_sink.h"
#include "log/file_sink.h"
#include "log/logger.h"

namespace pollux::server {

namespace {

log::Level level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return log::Level::kDebug;
    case LogLevel::kInfo: return log::Level::kInfo;
    case LogLevel::kWarn: return log::Level::kWarn;
    case LogLevel::kError: return log::Level::kError;
    case LogLevel::kOff: break;
  }
  return log::Level::kOff;
}

// Puts a queue in front of the sink, if configured.
std::unique_ptr<log::Sink> queued(std::unique_ptr<log::Sink> sink, const LogConfig& config,
                                  const log::Report& report) {
  if (config.mode == LogMode::kSync) return sink;
  log::AsyncSinkOptions async;
  async.report = report;
  return std::make_unique<log::AsyncSink>(std::move(sink), std::move(async));
}

std::unique_ptr<log::Sink> make_daemon_sink(const LogConfig& config) {
  const bool syslog = config.target == LogTarget::kSyslog;
  return queued(
      std::make_unique<log::DatagramSink>(
          syslog ? log::DatagramSink::Form::kSyslog : log::DatagramSink::Form::kJournal, config.file),
      config, {});
}

std::unique_ptr<log::Sink> make_sink(const LogConfig& config, const std::string& path, int standard,
                                     const char* name, const log::Report& report) {
  log::FileSinkOptions options;
  options.rotation = rotation_of(config);
  options.report = report;
  std::unique_ptr<log::Sink> sink;
  if (path == "-") {
    sink = log::FileSink::attach(standard, name, std::move(options));
  } else {
    sink = log::FileSink::open(path, std::move(options));
  }
  return queued(std::move(sink), config, report);
}

// nullptr: standard error, for the few lines that are logged at level off.
std::unique_ptr<log::Sink> make_error_sink(const LogConfig& config, int standard_error) {
  if (config.level == LogLevel::kOff) return nullptr;
  if (config.target != LogTarget::kFile) return make_daemon_sink(config);
  return make_sink(config, config.file, standard_error, "standard error", {});
}

}  // namespace

log::Rotation rotation_of(const LogConfig& config) {
  return {.size = config.rotate_size, .daily = config.rotate_daily, .keep = config.rotate_keep};
}

void configure_log(const LogConfig& config, int standard_error) {
  log::configure(level_of(config.level), make_error_sink(config, standard_error));
}

// --- Another [log] -------------------------------------------------------------------------------

LogChange::LogChange(const LogConfig& before, const LogConfig& after)
    : after_(after),
      replaces_(before.file != after.file || before.target != after.target ||
                (before.level == LogLevel::kOff) != (after.level == LogLevel::kOff)),
      sink_(replaces_ ? make_error_sink(after, STDERR_FILENO) : nullptr) {}

void LogChange::make() {
  if (replaces_) return log::configure(level_of(after_.level), std::move(sink_));
  log::set_level(level_of(after_.level));
  log::set_rotation(rotation_of(after_));
}

// --- Access logs ---------------------------------------------------------------------------------

std::shared_ptr<log::Sink> AccessFiles::find(const LogConfig& config, const std::string& path) {
  const MutexLock lock(mutex_);
  std::erase_if(sinks_, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<log::Sink>& known = sinks_[path];
  if (auto sink = known.lock()) return sink;
  // An access log's messages about itself go to the error log, since programs read the access log.
  std::shared_ptr<log::Sink> sink =
      make_sink(config, path, STDOUT_FILENO, "standard output",
                [](std::string_view message) { log::warn("access log: {}", message); });
  known = sink;
  return sink;
}

void AccessFiles::reopen() {
  for_each_open([](log::Sink& sink) { sink.reopen(); });
}

void AccessFiles::set_rotation(const log::Rotation& rotation) {
  for_each_open([&rotation](log::Sink& sink) { sink.set_rotation(rotation); });
}

template <class Function>
void AccessFiles::for_each_open(Function function) {
  const MutexLock lock(mutex_);
  for (const auto& [path, known] : sinks_) {
    if (const auto sink = known.lock()) function(*sink);
  }
}

}  // namespace pollux::server
