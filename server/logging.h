// From the [log] section to the sinks behind the error log and the access logs.
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

// The step from one [log] to another, for the error log.
class LogChange {
 public:
  // Opens the new file, if it is another one. Throws as configure_log() does; nothing has changed then.
  LogChange(const LogConfig& before, const LogConfig& after);
  void make();  // Once. May wait for the old file's disk.

 private:
  const LogConfig& after_;
  bool replaces_;
  std::unique_ptr<log::Sink> sink_;
};

// The files of access logs that are open, each once, however many sites and configurations write to it: two
// that rotated one file would rename it away from under each other, and lines would be lost.
//
// Thread: any.
class AccessFiles {
 public:
  // Opens `path`, or standard output ("-"), unless it is open. Throws std::system_error.
  [[nodiscard]] std::shared_ptr<log::Sink> find(const LogConfig& config, const std::string& path)
      EXCLUDES(mutex_);

  void reopen() EXCLUDES(mutex_);
  void set_rotation(const log::Rotation& rotation) EXCLUDES(mutex_);

 private:
  template <class Function>
  void for_each_open(Function function) EXCLUDES(mutex_);

  Mutex mutex_;
  // Owned by those who write to them: when the last has gone, the file is closed.
  std::map<std::string, std::weak_ptr<log::Sink>> sinks_ GUARDED_BY(mutex_);
};

[[nodiscard]] log::Rotation rotation_of(const LogConfig& config);

}  // namespace pollux::server
