// The access logs of one configuration: one for each file, however many sites write to it.
//
// Thread: construction, find() and destruction one; whoever was given a log, any.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "http/access_log.h"
#include "server/config/config.h"
#include "server/logging.h"

namespace pollux::server {

class AccessLogs {
 public:
  // Both must outlive this.
  AccessLogs(const LogConfig& config, AccessFiles& files) : config_(config), files_(files) {}

  // Opens the file when it is asked for first. nullptr: there is no such name, or it is empty, so no log is
  // kept. Throws std::system_error when it cannot be opened. REQUIRES: nothing is served yet.
  [[nodiscard]] http::AccessLog* find(const std::optional<std::string>& file);

 private:
  const LogConfig& config_;
  AccessFiles& files_;
  std::map<std::string, http::AccessLog> logs_;  // By file. Constant once it serves.
};

}  // namespace pollux::server
