#include "site/pattern_index.h"

#include <algorithm>

namespace pollux::site {

void PatternIndex::add(const Pattern& pattern, std::size_t rule) {
  const std::string& prefix = pattern.path().prefix();
  const auto number = static_cast<std::uint32_t>(rule);
  if (pattern.path().is_literal()) {
    exact_[prefix].push_back(number);
    return;
  }
  const std::string directory = prefix.substr(0, prefix.rfind('/') + 1);
  longest_directory_ = std::max(longest_directory_, directory.size());
  directories_[directory].push_back(number);
}

}  // namespace pollux::site
