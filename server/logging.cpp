#include "server/logging.h"

#include <unistd.h>

#include "log/async_sink.h"
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

std::unique_ptr<log::Sink> make_sink(const LogConfig& config, const std::string& path, int standard,
                                     const char* name, const log::Report& report) {
  log::FileSinkOptions options;
  options.rotate_size = config.rotate_size;
  options.rotate_daily = config.rotate_daily;
  options.keep = config.rotate_keep;
  options.report = report;
  std::unique_ptr<log::Sink> sink;
  if (path == "-") {
    sink = log::FileSink::attach(standard, name, std::move(options));
  } else {
    sink = log::FileSink::open(path, std::move(options));
  }
  if (config.mode == LogMode::kSync) return sink;
  log::AsyncSinkOptions async;
  async.report = report;
  return std::make_unique<log::AsyncSink>(std::move(sink), std::move(async));
}

}  // namespace

void configure_log(const LogConfig& config, int standard_error) {
  if (config.level == LogLevel::kOff) return log::configure(log::Level::kOff, nullptr);
  log::configure(level_of(config.level),
                 make_sink(config, config.file, standard_error, "standard error", {}));
}

std::unique_ptr<http::AccessLog> make_access_log(const LogConfig& config, const std::string& file) {
  // What the access log has to say about itself goes to the error log: programs read its lines.
  auto sink = make_sink(config, file, STDOUT_FILENO, "standard output",
                        [](std::string_view message) { log::warn("access log: {}", message); });
  const bool json = config.access_format == AccessFormat::kJson;
  return std::make_unique<http::AccessLog>(
      std::move(sink), json ? http::AccessLog::Format::kJson : http::AccessLog::Format::kCombined);
}

}  // namespace pollux::server
