// Makes the sinks of the error log and of the access logs from the [log] section.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "log/sink.h"
#include "server/config/config.h"

namespace pollux::server {

// Replaces the logger's sink. `standard_error`: the descriptor that "-" stands for. Throws std::system_error
// when the file cannot be opened.
void configure_log(const LogConfig& config, int standard_error);

// The change from one [log] section to another, for the error log.
class LogChange {
 public:
  // Opens the new file, if it is another one. Throws as configure_log() does, and then nothing has changed.
  LogChange(const LogConfig& before, const LogConfig& after);
  void make();  // Call it once. May wait for the disk of the old file.

 private:
  const LogConfig& after_;
  bool replaces_;
  std::unique_ptr<log::Sink> sink_;
};

// The open files of access logs. Each is open once, however many sites and configurations write to it: two
// sinks that rotate one file would rename it under each other and lose lines.
//
// Thread: any.
class AccessFiles {
 public:
  // Opens `path` or standard output ("-"), unless it is open already. Throws std::system_error.
  [[nodiscard]] std::shared_ptr<log::Sink> find(const LogConfig& config, const std::string& path)
      EXCLUDES(mutex_);

  void reopen() EXCLUDES(mutex_);
  void set_rotation(const log::Rotation& rotation) EXCLUDES(mutex_);

 private:
  template <class Function>
  void for_each_open(Function function) EXCLUDES(mutex_);

  Mutex mutex_;
  // Owned by the logs that write to them: when the last one has gone, the file is closed.
  std::map<std::string, std::weak_ptr<log::Sink>> sinks_ GUARDED_BY(mutex_);
};

[[nodiscard]] log::Rotation rotation_of(const LogConfig& config);

}  // namespace pollux::server
