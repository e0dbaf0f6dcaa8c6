#include "log/rotation.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/log/support.h"

namespace pollux::log {
namespace {

using namespace std::chrono_literals;
using std::chrono::year_month_day;
using test::TemporaryDirectory;
using test::TimeZone;
using test::write_file;

constexpr year_month_day date(int year, unsigned month, unsigned day) {
  return {std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
}

TEST(Rotation, OldNames) {
  struct Case {
    const char* name;
    std::optional<OldFile> expected;
  };
  const Case cases[] = {
      {"a.log.2026-11-22", OldFile{date(2026, 11, 22), 0}},
      {"a.log.2026-11-22.1", OldFile{date(2026, 11, 22), 1}},
      {"a.log.2026-11-22.999999999", OldFile{date(2026, 11, 22), 999999999}},
      {"a.log", {}},
      {"a.log.", {}},
      {"b.log.2026-11-22", {}},
      {"a.log2026-11-22", {}},
      {"a.log.2026-11-2", {}},
      {"a.log.2026-13-22", {}},
      {"a.log.2026-02-30", {}},
      {"a.log.2026/11/22", {}},
      {"a.log.+026-11-22", {}},
      {"a.log.2026-11-22.", {}},
      {"a.log.2026-11-22.0", {}},
      {"a.log.2026-11-22.01", {}},
      {"a.log.2026-11-22.+1", {}},
      {"a.log.2026-11-22.1234567890", {}},
      {"a.log.2026-11-22.gz", {}},
      {"a.log.2026-11-22.1.gz", {}},
      {"a.log.2026-11-22~", {}},
  };
  for (const Case& c : cases) EXPECT_EQ(parse_old_name("a.log", c.name), c.expected) << c.name;
}

TEST(Rotation, DayEndsAtLocalMidnight) {
  struct Case {
    const char* zone;
    WallTime time;
    year_month_day expected;
    std::chrono::seconds left;
  };
  const char* const berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
  const Case cases[] = {
      {"UTC0", test::at(date(2026, 11, 22), 0s), date(2026, 11, 22), 24h},
      {"UTC0", test::at(date(2026, 12, 31), 23h + 59min + 59s), date(2026, 12, 31), 1s},
      {"XST-05:30", test::at(date(2026, 11, 22), 18h + 30min), date(2026, 11, 23), 24h},
      {berlin, test::at(date(2026, 3, 28), 23h), date(2026, 3, 29), 23h},    // Summer time begins.
      {berlin, test::at(date(2026, 10, 24), 22h), date(2026, 10, 25), 25h},  // And ends.
  };
  for (const Case& c : cases) {
    const TimeZone zone(c.zone);
    const LocalDay day = local_day(c.time);
    EXPECT_EQ(day.date, c.expected);
    EXPECT_EQ(day.end - c.time, c.left);
  }
}

TEST(Rotation, SetAsideNeverReusesANumber) {
  const TemporaryDirectory directory;
  const auto current = directory / "a.log";
  const auto rotate = [&] {
    write_file(current, "x\n");
    std::filesystem::path renamed;
    EXPECT_FALSE(set_aside(current, date(2026, 11, 22), renamed));
    return renamed.filename().string();
  };
  EXPECT_EQ(rotate(), "a.log.2026-11-22");
  EXPECT_EQ(rotate(), "a.log.2026-11-22.1");
  std::filesystem::remove(directory / "a.log.2026-11-22");
  EXPECT_EQ(rotate(), "a.log.2026-11-22.2");
  write_file(directory / "a.log.2026-11-22.10", "x\n");
  EXPECT_EQ(rotate(), "a.log.2026-11-22.11");  // 11 after 10, and not after 9: numbers, not text.
}

TEST(Rotation, SetAsideReportsAMissingFile) {
  const TemporaryDirectory directory;
  std::filesystem::path renamed;
  EXPECT_EQ(set_aside(directory / "a.log", date(2026, 11, 22), renamed),
            std::errc::no_such_file_or_directory);
  EXPECT_EQ(set_aside(directory / "no/a.log", date(2026, 11, 22), renamed),
            std::errc::no_such_file_or_directory);
}

TEST(Rotation, DeletesOnlyTheOldestOfItsOwn) {
  const TemporaryDirectory directory;
  for (const char* name :
       {"a.log", "a.log.2026-11-20", "a.log.2026-11-21", "a.log.2026-11-21.2", "a.log.2026-11-21.10",
        "a.log.2026-11-19.gz", "b.log.2026-11-01", "a.log.backup", "target"})
    write_file(directory / name, "x\n");
  std::filesystem::create_directory(directory / "a.log.2026-11-01");
  std::filesystem::create_symlink("target", directory / "a.log.2026-11-02");

  EXPECT_FALSE(delete_old(directory / "a.log", 2));
  const std::vector<std::string> expected = {"a.log",
                                             "a.log.2026-11-01",
                                             "a.log.2026-11-02",
                                             "a.log.2026-11-19.gz",
                                             "a.log.2026-11-21.10",
                                             "a.log.2026-11-21.2",
                                             "a.log.backup",
                                             "b.log.2026-11-01",
                                             "target"};
  EXPECT_EQ(test::names_in(directory), expected);
}

}  // namespace
}  // namespace pollux::log
