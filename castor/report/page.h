// One or several results as one self-contained HTML page: no script, nothing to be fetched.
#pragma once

#include <string>

#include "castor/report/comparison.h"

namespace pollux::castor {

// `table`: lines of text that stand before the charts. Throws std::runtime_error where one is not a result.
[[nodiscard]] std::string to_html(const Results& results, const std::string& table = {});

}  // namespace pollux::castor
