// The access logs of one configuration: one per file, however many sites write to it.
//
// Thread: construction, find() and destruction one; a log any.
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
  // Both must outlive the object.
  AccessLogs(const LogConfig& config, AccessFiles& files) : config_(config), files_(files) {}

  // Opens the file on the first call. nullptr: `file` is missing or empty, so no log is kept. Throws
  // std::system_error when it cannot be opened. REQUIRES: nothing is served yet.
  [[nodiscard]] http::AccessLog* find(const std::optional<std::string>& file);

 private:
  const LogConfig& config_;
  AccessFiles& files_;
  std::map<std::string, http::AccessLog> logs_;  // By file. Constant once it serves.
};

}  // namespace pollux::server
