// The expectations of a run: limits on its figures by --max-p99 and the like, and that anything was measured
// at all.
//
// Pure function of values; any thread.
#pragma once

#include <string>
#include <vector>

#include "castor/result.h"

namespace pollux::castor {

// The expectations that were not met, in words.
[[nodiscard]] std::vector<std::string> disappointments(const Options& options, const Result& result);

}  // namespace pollux::castor
