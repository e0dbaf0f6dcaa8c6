// Runs the threads of the load generator, and tells meanwhile how it goes.
//
// Thread: the main one. SIGINT and SIGTERM end the run early, within a second; it is reported like any
// other. A second one ends the program.
#pragma once

#include <string>

#include "castor/result.h"
#include "castor/target.h"

namespace pollux::castor {

// `label` stands before what is told meanwhile. Throws StartError, std::system_error.
//
// Signals that come when it has returned wait for the next run, which ends at once then, or for
// let_signals_through().
[[nodiscard]] Result run(const Options& options, const Targets& targets, const std::string& label = {});

// The next SIGINT or SIGTERM ends the program.
void let_signals_through();

}  // namespace pollux::castor
