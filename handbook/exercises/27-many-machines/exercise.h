// Which of several caches has a key: every front end has to come to the same answer without asking anybody.
//
// This version takes the hash modulo the number of nodes, so nearly every key moves when a node comes or
// goes, and all caches are cold at once. Make it a ring:
//   - each node has `points` places on a circle of 64-bit numbers: those of "NAME/0", "NAME/1" and so on,
//     by place();
//   - a key belongs to the node whose place comes first at or after the key's own; behind the last one the
//     circle begins again;
//   - add() and remove() change nothing for keys of other nodes;
//   - nodes_of() goes on around the circle and returns the first `count` *different* nodes, or all if there
//     are fewer: the first has the key, the others have copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// FNV-1a, and then mixed, since names that differ in their last octet would lie side by side.
inline std::uint64_t place(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char octet : text) hash = (hash ^ static_cast<unsigned char>(octet)) * 1099511628211U;
  hash = (hash ^ (hash >> 33U)) * 0xff51afd7ed558ccdU;
  hash = (hash ^ (hash >> 33U)) * 0xc4ceb9fe1a85ec53U;
  return hash ^ (hash >> 33U);
}

class Ring {
 public:
  explicit Ring(int points) : points_(points) {}

  void add(const std::string& node) { nodes_.push_back(node); }
  void remove(const std::string& node) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i] == node) nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(i--));
    }
  }

  // Empty: there are no nodes.
  [[nodiscard]] std::string node_of(std::string_view key) const {
    return nodes_.empty() ? std::string() : nodes_[place(key) % nodes_.size()];
  }
  [[nodiscard]] std::vector<std::string> nodes_of(std::string_view key, std::size_t count) const {
    return std::vector<std::string>(count, node_of(key));
  }

 private:
  [[maybe_unused]] const int points_;
  std::vector<std::string> nodes_;
};
