#include "server/sites/access_logs.h"

namespace pollux::server {

http::AccessLog* AccessLogs::find(const std::optional<std::string>& file) {
  if (!file || file->empty()) return nullptr;
  const auto known = logs_.find(*file);
  if (known != logs_.end()) return &known->second;
  const bool json = config_.access_format == AccessFormat::kJson;
  return &logs_
              .try_emplace(*file, files_.find(config_, *file),
                           json ? http::AccessLog::Format::kJson : http::AccessLog::Format::kCombined)
              .first->second;
}

}  // namespace pollux::server
