#include "log/line.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <iterator>

#include "log/escape.h"

namespace pollux::log {

namespace {

constexpr std::array<std::string_view, 6> kNames = {"off", "emerg", "error", "warn", "info", "debug"};

// localtime_r takes a lock and some calendar arithmetic; within a second only the fraction changes.
// Without a destructor, so that lines can still be written while the program's globals are destroyed.
struct SecondCache {
  std::time_t second = -1;
  std::size_t date_size = 0;
  std::size_t zone_size = 0;
  std::array<char, 32> date{};
  std::array<char, 16> zone{};

  void update(std::time_t now) {
    if (now == second) return;
    std::tm local{};
    ::localtime_r(&now, &local);
    date_size = std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M:%S", &local);
    zone_size = std::strftime(zone.data(), zone.size(), "%z", &local);
    second = now;
  }
};

thread_local SecondCache cache;
thread_local const pid_t thread_id = ::gettid();

}  // namespace

std::string_view level_name(Level level) { return kNames[static_cast<std::size_t>(level)]; }

std::optional<Level> parse_level(std::string_view name) {
  for (std::size_t index = 0; index < kNames.size(); ++index)
    if (kNames[index] == name) return static_cast<Level>(index);
  return std::nullopt;
}

void append_line(LineBuffer& out, Level level, WallTime now, std::string_view message) {
  using std::chrono::microseconds;
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const auto fraction = std::chrono::duration_cast<microseconds>(now - second).count();
  cache.update(std::chrono::system_clock::to_time_t(second));
  fmt::format_to(std::back_inserter(out),
                 "{}.{:06} {} [{}] {}: ", std::string_view(cache.date.data(), cache.date_size), fraction,
                 std::string_view(cache.zone.data(), cache.zone_size), level_name(level), thread_id);
  escape_controls(out, message);
  out.push_back('\n');
}

// Date, time and zone have no brackets.
LineParts parse_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  const std::size_t open = std::min(line.find(" ["), line.size());
  const std::size_t close = std::min(line.find("] ", open), line.size());
  const std::size_t colon = line.find(": ", close);
  if (colon == std::string_view::npos) return {.message = line};
  const auto level = parse_level(line.substr(open + 2, close - open - 2));
  if (!level) return {.message = line};
  return {*level, line.substr(close + 2, colon - close - 2), line.substr(colon + 2)};
}

}  // namespace pollux::log
