// A result in words: castor's own, and those of webbench 1.5.
//
// Pure functions of values; any thread.
#pragma once

#include <string>

#include "castor/result.h"

namespace pollux::castor {

[[nodiscard]] std::string to_text(const Options& options, const Result& result);
[[nodiscard]] std::string to_webbench(const Options& options, const Result& result);

}  // namespace pollux::castor
