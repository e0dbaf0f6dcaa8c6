#include "log/line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "log/escape.h"
#include "tests/log/support.h"

namespace pollux::log {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::kDay;
using test::TimeZone;

std::string line(Level level, WallTime now, std::string_view message) {
  LineBuffer out;
  append_line(out, level, now, message);
  return std::string(view(out));
}

TEST(Line, ComesApartAgain) {
  for (const Level level : {Level::kEmerg, Level::kError, Level::kWarn, Level::kInfo, Level::kDebug}) {
    for (const char* message : {"hello", "", "a: b [x] c: d", "[warn] 7: forged"}) {
      const std::string whole = line(level, test::at(kDay, 20h), message);
      const LineParts parts = parse_line(whole);
      EXPECT_EQ(parts.level, level);
      EXPECT_EQ(parts.thread, std::to_string(::gettid()));
      EXPECT_EQ(parts.message, message);
    }
  }
  for (const char* other : {"", "\n", "hello", "a [b] c", "a [warn] c", "a [none] 1: c", " [warn", "] : "}) {
    const LineParts parts = parse_line(other);
    EXPECT_EQ(parts.level, Level::kInfo);
    EXPECT_EQ(parts.message, std::string(other) == "\n" ? "" : other);
  }
}

// The cache of the second is per thread and knows no change of zone: each zone gets its own second.
TEST(Line, HasDateZoneLevelAndThread) {
  struct Case {
    const char* zone;
    WallTime time;
    Level level;
    std::string expected;
  };
  const Case cases[] = {
      {"UTC0", test::at(kDay, 20h + 15min + 4s + 123456us), Level::kWarn,
       "2026-11-22 20:15:04.123456 +0000 [warn] {}: hello\n"},
      {"UTC0", test::at(kDay, 20h + 15min + 5s), Level::kInfo,
       "2026-11-22 20:15:05.000000 +0000 [info] {}: hello\n"},
      {"UTC0", test::at(kDay, 20h + 15min + 5s + 7us), Level::kError,
       "2026-11-22 20:15:05.000007 +0000 [error] {}: hello\n"},
      {"XST-05:30", test::at(kDay, 20h + 15min + 6s), Level::kDebug,
       "2026-11-23 01:45:06.000000 +0530 [debug] {}: hello\n"},
      {"XST+03:00", test::at(kDay, 1h + 7s), Level::kEmerg,
       "2026-11-21 22:00:07.000000 -0300 [emerg] {}: hello\n"},
      {"UTC0", WallTime(-1us), Level::kInfo, "1969-12-31 23:59:59.999999 +0000 [info] {}: hello\n"},
  };
  for (const Case& c : cases) {
    const TimeZone zone(c.zone);
    EXPECT_EQ(line(c.level, c.time, "hello"), fmt::format(fmt::runtime(c.expected), ::gettid()));
  }
}

TEST(Line, PeerCannotForgeALine) {
  const std::string text = line(Level::kWarn, test::at(kDay, 0s), "bad \"name\"\n2026 [emerg] \\ \x1b[31m");
  EXPECT_TRUE(text.ends_with(": bad \"name\"\\x0a2026 [emerg] \\ \\x1b[31m\n")) << text;
}

TEST(Line, LevelNames) {
  for (const Level level :
       {Level::kOff, Level::kEmerg, Level::kError, Level::kWarn, Level::kInfo, Level::kDebug})
    EXPECT_EQ(parse_level(level_name(level)), level);
  for (const char* name : {"", "Warn", "warning", "notice", "warn "})
    EXPECT_EQ(parse_level(name), std::nullopt);
}

TEST(Escape, Table) {
  struct Case {
    std::string text;
    std::string quoted;
    std::string json;
  };
  const Case cases[] = {
      {"", "", ""},
      {"GET / HTTP/1.1", "GET / HTTP/1.1", "GET / HTTP/1.1"},
      {"say \"hi\"", R"(say \x22hi\x22)", R"(say \"hi\")"},
      {R"(C:\x0a)", R"(C:\x5cx0a)", R"(C:\\x0a)"},
      {"a\r\nb", R"(a\x0d\x0ab)", R"(a\u000d\u000ab)"},
      {"\0\x01\x1f\x7f"s, R"(\x00\x01\x1f\x7f)", R"(\u0000\u0001\u001f\u007f)"},
      {"\x1b[2J", R"(\x1b[2J)", R"(\u001b[2J)"},
      {"é 中文 😀 €", "é 中文 😀 €", "é 中文 😀 €"},
      {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf",
       "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},                  // Next to the surrogates; the last.
      {"\xc2\xa0", "\xc2\xa0", "\xc2\xa0"},                          // The first after C1.
      {"\xc2\x9b", R"(\xc2\x9b)", R"(\ufffd\ufffd)"},                // C1: CSI.
      {"\xc0\xaf", R"(\xc0\xaf)", R"(\ufffd\ufffd)"},                // Overlong '/'.
      {"\xe0\x80\xaf", R"(\xe0\x80\xaf)", R"(\ufffd\ufffd\ufffd)"},  // Overlong.
      {"\xf0\x8f\xbf\xbf", R"(\xf0\x8f\xbf\xbf)", R"(\ufffd\ufffd\ufffd\ufffd)"},
      {"\xed\xa0\x80", R"(\xed\xa0\x80)", R"(\ufffd\ufffd\ufffd)"},                // Surrogate.
      {"\xf4\x90\x80\x80", R"(\xf4\x90\x80\x80)", R"(\ufffd\ufffd\ufffd\ufffd)"},  // Above U+10FFFF.
      {"\xff\xfe", R"(\xff\xfe)", R"(\ufffd\ufffd)"},
      {"\x80", R"(\x80)", R"(\ufffd)"},                            // Without a lead.
      {"a\xe4\xb8", R"(a\xe4\xb8)", R"(a\ufffd\ufffd)"},           // Cut short.
      {"\xe4\n\xb8", R"(\xe4\x0a\xb8)", R"(\ufffd\u000a\ufffd)"},  // The newline is not swallowed.
      {"\xe4\xb8\"", R"(\xe4\xb8\x22)", R"(\ufffd\ufffd\")"},      // Nor the quote.
  };
  for (const Case& c : cases) {
    std::string out = "before ";
    escape(out, c.text);
    EXPECT_EQ(out, "before " + c.quoted);
    out.clear();
    escape_json(out, c.text);
    EXPECT_EQ(out, c.json);
  }
}

TEST(Escape, NoOctetIsLost) {
  std::string all;
  for (int octet = 0; octet < 256; ++octet) all.push_back(static_cast<char>(octet));
  std::string out;
  escape(out, all);
  const std::size_t plain = 0x7F - 0x20 - 2;
  EXPECT_EQ(out.size(), plain + 4 * (256 - plain));
}

}  // namespace
}  // namespace pollux::log
