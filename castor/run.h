// Runs the threads of the load generator, and shows the progress.
//
// Thread: the main one. SIGINT and SIGTERM end the run early, within a second; it is reported like any other
// run. A second signal ends the program.
#pragma once

#include <string>

#include "castor/result.h"
#include "castor/target.h"

namespace pollux::castor {

// `label`: comes before the progress. Throws StartError, std::system_error.
//
// Signals that come after the return end the next run at once, or take effect at let_signals_through().
[[nodiscard]] Result run(const Options& options, const Targets& targets, const std::string& label = {});

// The next SIGINT or SIGTERM ends the program.
void let_signals_through();

}  // namespace pollux::castor
