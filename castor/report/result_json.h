// A result as JSON, for programs and for --compare. docs/castor.md has the format.
//
// Pure function of values; any thread.
#pragma once

#include <string>

#include "castor/result.h"

namespace pollux::castor {

// Raised when a key changes its meaning or is removed, not when one is added.
inline constexpr int kJsonSchema = 1;

[[nodiscard]] std::string to_json(const Options& options, const Result& result);

}  // namespace pollux::castor
