// From the [log] section to the sinks behind the error log and access logs.
#pragma once

#include <memory>
#include <string>

#include "http/access_log.h"
#include "server/config.h"

namespace pollux::server {

// Replaces the logger's sink. `standard_error`: the descriptor that "-" stands for. Throws std::system_error
// when the file cannot be opened. REQUIRES: no other thread logs yet.
void configure_log(const LogConfig& config, int standard_error);

// In this file, or on standard output ("-"). Throws like configure_log().
[[nodiscard]] std::unique_ptr<http::AccessLog> make_access_log(const LogConfig& config,
                                                               const std::string& file);

}  // namespace pollux::server
