// Checks a configuration against the system: are its directories and files there, may we use them, do they
// fit together? Used by --check and by every start alike.
//
// Opens and closes; creates and changes nothing. For kCheck it also tells what need not hold until the server
// starts: ports that are taken now, and a site without a first page. For kReload a certificate that is not
// valid now is an error: the one in use may be.
#pragma once

#include <vector>

#include "server/config/config_builder.h"

namespace pollux::server {

struct Finding {
  enum class Severity {
    kWarning,  // It works, but perhaps not for everybody.
    kFault,    // It can be served, but not as it is meant: --check fails, a start does not.
    kError,    // It cannot be served.
  };
  Severity severity;
  ConfigError error;
};

enum class For { kStart, kCheck, kReload };

// None: the configuration can work. Does not repeat loaded.errors. While there are such errors, settings
// left at their default are not checked: the key may just be misspelt.
[[nodiscard]] std::vector<Finding> check_config(const LoadedConfig& loaded, For purpose = For::kStart);

}  // namespace pollux::server
