// One or several results as one self-contained HTML page: no script, nothing to be fetched.
#pragma once

#include <string>
#include <vector>

namespace pollux::castor {

struct NamedJson {
  std::string name;
  std::string json;  // As to_json() writes it.
};

// Throws std::runtime_error where a file is not a result.
[[nodiscard]] std::string to_html(const std::vector<NamedJson>& results);

}  // namespace pollux::castor
