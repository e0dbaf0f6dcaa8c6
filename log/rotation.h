// The names of old log files, and the choice of those to delete.
//
//   access.log                 the current file, always
//   access.log.2026-11-22      the lines of that (local) day
//   access.log.2026-11-22.1    the second file of that day, when files are also rotated by size
//
// A larger number is a later file. Numbers are never used twice, even when earlier files of the day were
// deleted, so names sort in the order of time.
//
// Thread: none of its own.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/clock.h"

namespace pollux::log {

struct LocalDay {
  std::chrono::year_month_day date;
  WallTime end;  // The next midnight, 23 to 25 hours after the last.
};

[[nodiscard]] LocalDay local_day(WallTime time);

struct OldFile {
  std::chrono::year_month_day date;
  std::uint32_t number = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the generated 0 for a pointer.
  auto operator<=>(const OldFile&) const = default;
};

// Reads `name` as an old file of the log file `current` (both without directory). std::nullopt for any name
// that set_aside() would not have made.
[[nodiscard]] std::optional<OldFile> parse_old_name(std::string_view current, std::string_view name);

// Renames the log file to the next free old name of that day; never overwrites a file.
// `renamed` is the new path, when there is no error.
[[nodiscard]] std::error_code set_aside(const std::filesystem::path& current,
                                        std::chrono::year_month_day date, std::filesystem::path& renamed);

// Deletes all but the newest `keep` old files; regular files only. Returns the first error.
[[nodiscard]] std::error_code delete_old(const std::filesystem::path& current, std::size_t keep);

}  // namespace pollux::log
