// The levels, and the form of a line:
//
//   2026-11-22 20:15:04.123456 +0000 [warn] 12345: message
//   local date and time, zone        level  thread
//
// Thread: pure functions, except for a cache of the current second in each thread.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace pollux::log {

enum class Level : std::uint8_t { kOff, kEmerg, kError, kWarn, kInfo, kDebug };

[[nodiscard]] std::string_view level_name(Level level);

// "emerg", "error", "warn", "info", "debug" or "off"; std::nullopt for anything else.
[[nodiscard]] std::optional<Level> parse_level(std::string_view name);

// Holds a usual line without allocating.
using LineBuffer = fmt::basic_memory_buffer<char, 1024>;

// Appends one line, with its '\n'. Control characters in the message are escaped.
void append_line(LineBuffer& out, Level level, WallTime now, std::string_view message);

// A line split into its parts, with or without its '\n'. A line that append_line() has not made is all
// message, at level info.
struct LineParts {
  Level level = Level::kInfo;
  std::string_view thread = {};
  std::string_view message = {};
};
[[nodiscard]] LineParts parse_line(std::string_view line);

[[nodiscard]] inline std::string_view view(const LineBuffer& line) { return {line.data(), line.size()}; }

}  // namespace pollux::log
