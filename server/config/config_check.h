// Checks a configuration against the system: its directories and files exist, the server may use them, and
// the settings fit together. Used by --check and by every start.
//
// It opens and closes files; it creates and changes nothing. With kCheck it also reports conditions that need
// not hold before the server starts: ports that are in use now, and a site without a first page. With
// kReload, a certificate that is not valid now is an error, since the one in use may be valid.
#pragma once

#include <vector>

#include "server/config/config_builder.h"

namespace pollux::server {

struct Finding {
  enum class Severity {
    kWarning,  // It works, but perhaps not for all clients.
    kFault,    // It can be served, but not as intended: --check fails, a start does not.
    kError,    // It cannot be served.
  };
  Severity severity;
  ConfigError error;
};

enum class For { kStart, kCheck, kReload };

// No finding: the configuration can work. loaded.errors are not repeated. While there are such errors,
// settings left at their default are not checked, since the key may just be misspelt.
[[nodiscard]] std::vector<Finding> check_config(const LoadedConfig& loaded, For purpose = For::kStart);

}  // namespace pollux::server
