// Several results beside each other, and each as a ratio to the first.
//
// Pure functions of values; any thread.
#pragma once

#include <string>
#include <vector>

#include "castor/report/json.h"

namespace pollux::castor {

struct NamedResult {
  std::string name;
  Json json;  // As to_json() writes it.
};
using Results = std::vector<NamedResult>;

struct ComparedValue {
  std::string value;
  std::string ratio;  // "1.05x" of the first result's; "" where it is the first, or one of them is zero.
};

struct ComparedRow {
  std::string name;
  std::vector<ComparedValue> values;  // One for each result.
};

// Both throw std::runtime_error if one of `results` is no result.
[[nodiscard]] std::vector<ComparedRow> compare(const Results& results);
[[nodiscard]] std::string to_text(const Results& results);

}  // namespace pollux::castor
