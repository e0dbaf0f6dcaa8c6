// Helpers of the tests of the log: the content of a directory, and times that stand still.
#pragma once

#include <dirent.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "tests/temporary_directory.h"

namespace pollux::log::test {

using pollux::test::TemporaryDirectory;

inline constexpr std::chrono::year_month_day kDay{std::chrono::year(2026), std::chrono::month(11),
                                                  std::chrono::day(22)};

// Sorted.
inline std::vector<std::string> names_in(const TemporaryDirectory& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::string& path, std::string_view octets) {
  std::ofstream(path, std::ios::binary) << octets;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// POSIX notation, as the zone database may not be installed: "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3".
class TimeZone {
 public:
  explicit TimeZone(const char* zone) {
    if (const char* before = ::getenv("TZ")) before_ = before;
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  ~TimeZone() {
    if (before_.empty()) {
      ::unsetenv("TZ");
    } else {
      ::setenv("TZ", before_.c_str(), 1);
    }
    ::tzset();
  }

 private:
  std::string before_;
};

inline WallTime at(std::chrono::year_month_day day, std::chrono::microseconds since_midnight) {
  return std::chrono::sys_days(day) + since_midnight;
}

}  // namespace pollux::log::test
