// Reads an INI file into entries with line numbers. It knows no keys: config_builder.h does.
//
// The syntax is that of inih: [section], KEY = VALUE (or KEY: VALUE), comments from ; or # at the start of a
// line or after white space. Several things that inih accepts silently are errors here: lines longer than its
// buffer (inih cuts them in two), a [section] line without its end or with text after it, and octets that
// have no place in a text. inih also appends indented lines to the value above; here the indent is dropped.
// kMaxOctets bounds the cost: a directory, a device or 10 MB of noise gives one clear error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pollux::server {

struct IniFile {
  static constexpr std::size_t kMaxOctets = 1024UL * 1024;
  static constexpr std::size_t kLongestLine = 8192;  // Octets, without its end.

  static constexpr std::size_t kMaxErrors = 1000;  // After these, reading stops.

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
