// One or several results as one self-contained HTML page: no script, nothing to be fetched.
#pragma once

#include <string>

#include "castor/comparison.h"

namespace pollux::castor {

// Throws std::runtime_error where one is not a result.
[[nodiscard]] std::string to_html(const Results& results);

}  // namespace pollux::castor
