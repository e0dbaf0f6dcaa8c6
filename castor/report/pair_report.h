// The result of A -- B, in words and as JSON.
//
// Pure functions of values; any thread.
#pragma once

#include <array>
#include <string>

#include "castor/pair.h"

namespace pollux::castor {

[[nodiscard]] std::string to_text(const Pair& pair, const std::array<std::string, 2>& names);
[[nodiscard]] std::string to_json(const Pair& pair, const std::array<const Options*, 2>& options);

}  // namespace pollux::castor
