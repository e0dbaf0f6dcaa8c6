// Setters for the tables of keys: for each type of value, a function that returns the setter of one member.
//
// Thread: start-up only.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/config.h"
#include "server/config/config_keys.h"
#include "server/config/config_value.h"
#include "server/config/suggest.h"

namespace pollux::server {

using Setter = std::function<void(Config&, const Setting&)>;

inline constexpr std::uint64_t kKi = 1024;
inline constexpr std::uint64_t kMi = 1024 * kKi;
inline constexpr std::uint64_t kGi = 1024 * kMi;
template <typename Section, typename Number>
Setter number(Section Config::*section, Number Section::*member, std::uint64_t min, std::uint64_t max) {
  return [=](Config& config, const Setting& setting) {
    config.*section.*member = static_cast<Number>(parse_number(setting.value, min, max));
  };
}

enum class Zero { kRefused, kAllowed };  // Also when `min` is larger.

template <typename Section>
Setter size(Section Config::*section, std::uint64_t Section::*member, std::uint64_t min, std::uint64_t max,
            Zero zero = Zero::kRefused) {
  return [=](Config& config, const Setting& setting) {
    const bool is_zero = zero == Zero::kAllowed && setting.value == "0";
    config.*section.*member = is_zero ? 0 : parse_size(setting.value, min, max);
  };
}

template <typename Section>
Setter on_off(Section Config::*section, bool Section::*member) {
  return
      [=](Config& config, const Setting& setting) { config.*section.*member = parse_switch(setting.value); };
}

template <typename Section, typename Enum>
Setter choice(Section Config::*section, Enum Section::*member,
              std::initializer_list<std::pair<std::string_view, Enum>> words) {
  return [=, choices = std::vector(words)](Config& config, const Setting& setting) {
    std::vector<std::string_view> names;
    std::string list;
    for (const auto& [word, value] : choices) {
      if (word == setting.value) {
        config.*section.*member = value;
        return;
      }
      names.push_back(word);
      list += fmt::format("{}{}", list.empty() ? "" : ", ", word);
    }
    throw BadValue(fmt::format("{} is not one of {}{}", in_quotes(setting.value), list,
                               did_you_mean(nearest(setting.value, names))));
  };
}

[[nodiscard]] inline std::string resolved(const Setting& setting) {
  return (setting.directory / setting.value).lexically_normal().string();
}

// Path; "-": standard output; std::nullopt: off.
[[nodiscard]] inline std::optional<std::string> access_log_file(const Setting& setting) {
  if (setting.value == "off") return std::nullopt;
  return setting.value == "-" ? "-" : resolved(setting);
}

}  // namespace pollux::server
