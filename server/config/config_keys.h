// The one table of all settings: section, key, and the function that turns its text into a value.
//
// It drives the configuration file, --set, the suggestions, and the test that config.ini documents every key.
// A new setting is a member in config.h, a line in config_keys.cpp and a few lines in config.ini.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "server/config/config.h"

namespace pollux::server {

struct Setting {
  std::string_view name;            // As written: "error_page_404".
  std::string_view value;           // Never empty.
  std::filesystem::path directory;  // The base of relative paths; empty: the current directory.
};

inline constexpr std::string_view kAnyDigits = "NNN";  // At the end of a key's name.

struct Key {
  std::string_view section;
  std::string_view name;  // A name that ends in kAnyDigits stands for any three digits.

  // Throws BadValue (config_value.h), and then nothing has changed.
  std::function<void(Config&, const Setting&)> set;
};

// In the order of config.ini. The keys of one section are adjacent.
[[nodiscard]] std::span<const Key> all_keys();

[[nodiscard]] bool is_section(std::string_view section);

// nullptr: no such key.
[[nodiscard]] const Key* find_key(std::string_view section, std::string_view name);

// " (did you mean …?)" for an unknown name, or nothing. A key of the same section is preferred; a key of
// another section is suggested as "section.key".
[[nodiscard]] std::string suggest_section(std::string_view section);
[[nodiscard]] std::string suggest_key(std::string_view section, std::string_view name);

}  // namespace pollux::server
