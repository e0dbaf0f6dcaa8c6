// Reads the JSON (RFC 8259) of results: strings may have only the simple escapes.
//
// Pure functions of values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::castor {

struct Json {
  enum class Type : std::uint8_t { kNull, kBool, kNumber, kString, kList, kObject };
  Type type = Type::kNull;
  double number = 0;  // 0 or 1 for kBool.
  std::string text;
  std::vector<Json> items;         // Of a list; for an object, the values of its members,
  std::vector<std::string> names;  // and their names.

  // Throws std::runtime_error: not JSON, or nested deeper than 32.
  [[nodiscard]] static Json parse(std::string_view text);

  // Throws std::runtime_error if there is no such member.
  [[nodiscard]] const Json& at(std::string_view name) const;
  // nullptr if there is none.
  [[nodiscard]] const Json* find(std::string_view name) const;
};

}  // namespace pollux::castor
