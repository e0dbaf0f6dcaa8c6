// The one table of everything that can be configured: section, key, and how its text becomes a value.
//
// The config file, --set, the suggestions and the test that config.ini documents every key are all
// driven by it. A new setting is a member in config.h, a line in config_keys.cpp and a few lines in
// config.ini.
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
  std::filesystem::path directory;  // What relative paths begin at; empty: the current directory.
};

inline constexpr std::string_view kAnyDigits = "NNN";  // At the end of a key's name.

struct Key {
  std::string_view section;
  std::string_view name;  // One that ends in kAnyDigits stands for any three digits.

  // Throws BadValue (config_value.h), and then has changed nothing.
  std::function<void(Config&, const Setting&)> set;
};

// In the order of config.ini. Sections are not torn apart.
[[nodiscard]] std::span<const Key> all_keys();

[[nodiscard]] bool is_section(std::string_view section);

// nullptr: no such key.
[[nodiscard]] const Key* find_key(std::string_view section, std::string_view name);

// " (did you mean …?)" for a name that is none, or nothing. A key of the right section is preferred;
// one of another section is suggested as "section.key".
[[nodiscard]] std::string suggest_section(std::string_view section);
[[nodiscard]] std::string suggest_key(std::string_view section, std::string_view name);

}  // namespace pollux::server
