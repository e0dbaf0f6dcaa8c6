// Reads an INI file into entries that know their line. Knows nothing about keys: config_builder.h does.
//
// The syntax is inih's: [section], KEY = VALUE (or KEY: VALUE), comments from ; or # at the start of
// a line or after white space. What inih would take silently is an error here: lines longer than its
// buffer (it cuts them in two), an unterminated or trailing [section] line, indented lines (it glues them
// to the value above; here the indent is just dropped), and octets that have no place in a text.
// Cost is bounded by kMaxOctets; a directory, a device or 10 MB of noise get one clear error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pollux::server {

struct IniFile {
  static constexpr std::size_t kMaxOctets = 1024UL * 1024;
  static constexpr std::size_t kLongestLine = 8192;  // Octets, without its end.

  static constexpr std::size_t kMaxErrors = 1000;  // Then it is not worth reading on.

  struct Section {
    std::string name;
    int line;
  };
  struct Entry {
    std::string section;  // Empty: before the first [section].
    std::string key;
    std::string value;  // May be empty.
    int line;
  };
  struct Error {
    std::string message;
    int line;
  };

  std::vector<Section> sections;
  std::vector<Entry> entries;
  std::vector<Error> errors;
};

// Thread: start-up only; it sets inih's process-wide options.
[[nodiscard]] IniFile parse_ini(std::string_view text);

}  // namespace pollux::server
