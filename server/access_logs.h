// The access logs of a server: one for each file, however many sites write to it. Two that rotated one file
// would rename it away from under each other, and lines would be lost.
//
// Thread: construction, find() and destruction on the main thread; reopen() any.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "http/access_log.h"
#include "server/config.h"

namespace pollux::server {

class AccessLogs {
 public:
  // `config` must outlive this.
  explicit AccessLogs(const LogConfig& config) : config_(config) {}

  // Opens the file when it is asked for first. nullptr: there is no such name, or it is empty, so no log is
  // kept. Throws std::system_error when it cannot be opened. REQUIRES: nothing is served yet.
  [[nodiscard]] http::AccessLog* find(const std::optional<std::string>& file);

  void reopen();

 private:
  const LogConfig& config_;
  std::map<std::string, std::unique_ptr<http::AccessLog>> logs_;  // By file. Constant once it serves.
};

}  // namespace pollux::server
