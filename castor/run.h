// Runs the threads of the load generator, and tells meanwhile how it goes.
//
// Thread: the main one. SIGINT and SIGTERM end the run early; it is reported like any other.
#pragma once

#include "castor/result.h"
#include "castor/target.h"

namespace pollux::castor {

// Throws StartError, std::system_error.
[[nodiscard]] Result run(const Options& options, const Targets& targets);

}  // namespace pollux::castor
