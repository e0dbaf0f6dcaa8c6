// Finds the rules that may apply to a path, without trying all of them.
//
// Rules for one path are in a table of paths, and the rest in a table of directories: "/blog/:slug.html"
// under "/blog/", "/*" under "/". A look-up costs one hash for the path and one for each of its directories,
// down to the deepest directory of a rule. The tables hold only the site owner's rules, so clients cannot
// fill them.
//
// Thread: any. Constant once the last rule is added.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "site/pattern.h"

namespace pollux::site {

class PatternIndex {
 public:
  // REQUIRES: `rule` is larger than all before it.
  void add(const Pattern& pattern, std::size_t rule);

  // Calls visit(rule) for a superset of the matching rules, in any order.
  template <class Visit>
  void visit(std::string_view path, const Visit& visit) const {
    visit_all(exact_, path, visit);
    for (std::size_t i = 0; i < path.size() && i < longest_directory_; ++i) {
      if (path[i] == '/') visit_all(directories_, path.substr(0, i + 1), visit);
    }
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Table = std::unordered_map<std::string, std::vector<std::uint32_t>, Hash, std::equal_to<>>;

  template <class Visit>
  static void visit_all(const Table& table, std::string_view key, const Visit& visit) {
    const auto found = table.find(key);
    if (found == table.end()) return;
    for (const std::uint32_t rule : found->second) visit(std::size_t{rule});
  }

  Table exact_;
  Table directories_;
  std::size_t longest_directory_ = 0;  // Octets.
};

}  // namespace pollux::site
