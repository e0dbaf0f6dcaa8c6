// "1,234,567"
//
// Pure function of a value; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace pollux::castor {

[[nodiscard]] inline std::string counted(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

}  // namespace pollux::castor
