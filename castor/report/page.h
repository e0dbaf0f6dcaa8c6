// One or several results as a self-contained HTML page: no script, and nothing to fetch.
#pragma once

#include <string>

#include "castor/report/comparison.h"

namespace pollux::castor {

// `table`: lines of text above the charts. Throws std::runtime_error if one of `results` is no result.
[[nodiscard]] std::string to_html(const Results& results, const std::string& table = {});

}  // namespace pollux::castor
