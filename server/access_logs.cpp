#include "server/access_logs.h"

#include "server/logging.h"

namespace pollux::server {

http::AccessLog* AccessLogs::find(const std::optional<std::string>& file) {
  if (!file || file->empty()) return nullptr;
  std::unique_ptr<http::AccessLog>& log = logs_[*file];
  if (!log) log = make_access_log(config_, *file);
  return log.get();
}

void AccessLogs::reopen() {
  for (const auto& [file, log] : logs_) log->sink().reopen();
}

}  // namespace pollux::server
