// Which of several caches has a key: every front end has to come to the same answer without asking anybody.
//
// A ring: a node has many places on a circle, and a key belongs to the node whose place comes next. A node
// that comes takes keys from all others, and no other key moves.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
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

  void add(const std::string& node) {
    for (int i = 0; i < points_; ++i) nodes_[place(node + "/" + std::to_string(i))] = node;
  }
  void remove(const std::string& node) {
    for (auto each = nodes_.begin(); each != nodes_.end();) {
      each = each->second == node ? nodes_.erase(each) : std::next(each);
    }
  }

  // Empty: there are no nodes.
  [[nodiscard]] std::string node_of(std::string_view key) const {
    const std::vector<std::string> found = nodes_of(key, 1);
    return found.empty() ? std::string() : found.front();
  }
  [[nodiscard]] std::vector<std::string> nodes_of(std::string_view key, std::size_t count) const {
    std::vector<std::string> found;
    auto each = nodes_.lower_bound(place(key));
    for (std::size_t i = 0; i < nodes_.size() && found.size() < count; ++i, ++each) {
      if (each == nodes_.end()) each = nodes_.begin();
      if (std::find(found.begin(), found.end(), each->second) == found.end()) found.push_back(each->second);
    }
    return found;
  }

 private:
  const int points_;
  std::map<std::uint64_t, std::string> nodes_;  // By place.
};
