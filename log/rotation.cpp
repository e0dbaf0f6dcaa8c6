#include "log/rotation.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace pollux::log {

namespace {

namespace fs = std::filesystem;
using std::chrono::year_month_day;

constexpr std::size_t kDateSize = 10;  // 2026-11-22
constexpr std::uint32_t kMaxNumber = 999'999'999;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits only, no sign and no leading zero, so that a number has exactly one spelling.
std::optional<std::uint32_t> parse_number(std::string_view text) {
  if (text.empty() || text.size() > 9 || text.front() == '0' ||
      !std::all_of(text.begin(), text.end(), is_digit))
    return std::nullopt;
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<year_month_day> parse_date(std::string_view text) {
  for (std::size_t at = 0; at < kDateSize; ++at)
    if (at == 4 || at == 7 ? text[at] != '-' : !is_digit(text[at])) return std::nullopt;
  const auto part = [text](std::size_t at, std::size_t size) {
    unsigned value = 0;
    std::from_chars(text.data() + at, text.data() + at + size, value);
    return value;
  };
  const year_month_day date{std::chrono::year(static_cast<int>(part(0, 4))), std::chrono::month(part(5, 2)),
                            std::chrono::day(part(8, 2))};
  if (!date.ok()) return std::nullopt;
  return date;
}

std::string old_name(const fs::path& current, year_month_day date, std::uint32_t number) {
  auto name = fmt::format("{}.{:04}-{:02}-{:02}", current.string(), static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  if (number > 0) name += fmt::format(".{}", number);
  return name;
}

struct Found {
  OldFile file;
  fs::path path;
};

std::vector<Found> find_old(const fs::path& current, std::error_code& error) {
  std::vector<Found> found;
  const std::string name = current.filename().string();
  const fs::path directory = current.has_parent_path() ? current.parent_path() : fs::path(".");
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (const auto file = parse_old_name(name, it->path().filename().string()))
      found.push_back({*file, it->path()});
  }
  return found;
}

// 0, EEXIST, or another errno. Some file systems (NFS, some FUSE) know no RENAME_NOREPLACE.
int rename_to_free_name(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(to, ignored))) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

LocalDay local_day(WallTime time) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const year_month_day date{std::chrono::year(local.tm_year + 1900),
                            std::chrono::month(static_cast<unsigned>(local.tm_mon) + 1),
                            std::chrono::day(static_cast<unsigned>(local.tm_mday))};
  local.tm_mday += 1;
  local.tm_hour = local.tm_min = local.tm_sec = 0;
  local.tm_isdst = -1;  // Let mktime find out: the clock may change in between.
  // mktime(3) locks what it needs inside of libc, where ThreadSanitizer cannot see it; it sees this.
  static Mutex time_zone;
  const MutexLock lock(time_zone);
  return {date, std::chrono::system_clock::from_time_t(std::mktime(&local))};
}

std::optional<OldFile> parse_old_name(std::string_view current, std::string_view name) {
  if (!name.starts_with(current)) return std::nullopt;
  name.remove_prefix(current.size());
  if (name.size() < 1 + kDateSize || name.front() != '.') return std::nullopt;
  const auto date = parse_date(name.substr(1, kDateSize));
  if (!date) return std::nullopt;
  name.remove_prefix(1 + kDateSize);
  if (name.empty()) return OldFile{*date, 0};
  if (name.front() != '.') return std::nullopt;
  const auto number = parse_number(name.substr(1));
  if (!number) return std::nullopt;
  return OldFile{*date, *number};
}

std::error_code set_aside(const fs::path& current, year_month_day date, fs::path& renamed) {
  std::error_code error;
  std::uint32_t number = 0;
  for (const Found& found : find_old(current, error))
    if (found.file.date == date) number = std::max(number, found.file.number + 1);
  if (error) return error;

  constexpr int kAttempts = 16;  // Against another process that rotates the same file.
  for (int attempt = 0; attempt < kAttempts && number <= kMaxNumber; ++attempt, ++number) {
    renamed = old_name(current, date, number);
    const int result = rename_to_free_name(current, renamed);
    if (result != EEXIST) return {result, std::generic_category()};
  }
  return {EEXIST, std::generic_category()};
}

std::error_code delete_old(const fs::path& current, std::size_t keep) {
  std::error_code error;
  std::vector<Found> found = find_old(current, error);
  std::erase_if(found, [](const Found& old) {
    std::error_code ignored;
    return !fs::is_regular_file(fs::symlink_status(old.path, ignored));
  });
  if (error || found.size() <= keep) return error;
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.file > b.file; });  // Newest first.
  for (std::size_t index = keep; index < found.size(); ++index) {
    std::error_code failed;
    fs::remove(found[index].path, failed);
    if (failed && !error) error = failed;
  }
  return error;
}

}  // namespace pollux::log
