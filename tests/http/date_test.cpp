#include "http/date.h"

#include <gtest/gtest.h>
#include <time.h>

#include <array>
#include <clocale>
#include <limits>
#include <random>
#include <string>
#include <thread>

namespace pollux::http {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr sys_seconds at(std::int64_t since_1970) { return sys_seconds(seconds(since_1970)); }

constexpr sys_seconds kToday = at(1'700'000'000);  // Tue, 14 Nov 2023 22:13:20 GMT
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

TEST(Date, Format) {
  struct Case {
    std::int64_t time;
    std::string_view text;
  };
  constexpr Case kCases[] = {
      {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
      {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
      {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
      {951782399, "Mon, 28 Feb 2000 23:59:59 GMT"},
      {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
      {1700000000, "Tue, 14 Nov 2023 22:13:20 GMT"},
      {1709164800, "Thu, 29 Feb 2024 00:00:00 GMT"},
      {2147483647, "Tue, 19 Jan 2038 03:14:07 GMT"},
      {2147483648, "Tue, 19 Jan 2038 03:14:08 GMT"},
      {4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"},
      {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
      {-2208988800, "Mon, 01 Jan 1900 00:00:00 GMT"},
      {-2208988801, "Mon, 01 Jan 1900 00:00:00 GMT"},
      {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
      {253402300800, "Fri, 31 Dec 9999 23:59:59 GMT"},
      {std::numeric_limits<std::int64_t>::max(), "Fri, 31 Dec 9999 23:59:59 GMT"},
      {std::numeric_limits<std::int64_t>::min(), "Mon, 01 Jan 1900 00:00:00 GMT"},
  };
  for (const Case& row : kCases) EXPECT_EQ(format_date(at(row.time)), row.text);
}

TEST(Date, Parse) {
  struct Case {
    std::string_view text;
    std::int64_t time;  // kNever: refused.
  };
  constexpr Case kCases[] = {
      // The RFC's three examples.
      {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
      {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
      {"Sun Nov  6 08:49:37 1994", 784111777},
      // IMF-fixdate.
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
      {"Mon, 01 Jan 1900 00:00:00 GMT", -2208988800},
      {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
      {"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
      {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
      {"Mon, 06 Nov 1994 08:49:37 GMT", 784111777},   // The day's name is not held against it.
      {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},  // A leap second.
      {"Sun, 06 Nov 1994 08:49:60 GMT", kNever},
      {"Sat, 31 Dec 2016 22:59:60 GMT", kNever},
      {"Sat, 31 Dec 2016 23:58:60 GMT", kNever},
      {"Sun, 06 Nov 1994 08:49:61 GMT", kNever},
      {"Sun, 06 Nov 1994 08:60:37 GMT", kNever},
      {"Sun, 06 Nov 1994 24:00:00 GMT", kNever},
      {"Sun, 00 Nov 1994 08:49:37 GMT", kNever},
      {"Sun, 31 Nov 1994 08:49:37 GMT", kNever},
      {"Sun, 32 Dec 1994 08:49:37 GMT", kNever},
      {"Wed, 29 Feb 2023 00:00:00 GMT", kNever},
      {"Mon, 29 Feb 2100 00:00:00 GMT", kNever},
      {"Thu, 29 Feb 1900 00:00:00 GMT", kNever},
      {"Sun, 31 Dec 1899 23:59:59 GMT", kNever},
      {"Sat, 01 Jan 0000 00:00:00 GMT", kNever},
      {"Fri, 31 Dec 9999 23:59:60 GMT", kNever},  // Would be the year 10000.
      {"Sun, 6 Nov 1994 08:49:37 GMT", kNever},
      {"Sun, 06 Nov 94 08:49:37 GMT", kNever},
      {"Sun, 06 Nov 19940 08:49:37 GMT", kNever},
      {"Sun, 06 nov 1994 08:49:37 GMT", kNever},
      {"sun, 06 Nov 1994 08:49:37 GMT", kNever},
      {"SUN, 06 Nov 1994 08:49:37 GMT", kNever},
      {"Sun, 06 Nov 1994 08:49:37 gmt", kNever},
      {"Sun, 06 Nov 1994 08:49:37 UTC", kNever},
      {"Sun, 06 Nov 1994 08:49:37 +0000", kNever},
      {"Sun, 06 Nov 1994 08:49:37", kNever},
      {"Sun, 06 Nov 1994 08:49:37 GMT ", kNever},
      {" Sun, 06 Nov 1994 08:49:37 GMT", kNever},
      {"Sun, 06 Nov 1994 08:49:37 GMT; length=1", kNever},
      {"Sun, 06 Nov 1994 8:49:37 GMT", kNever},
      {"Sun, 06 Nov 1994 08:49 GMT", kNever},
      {"Sun, 06 Nov 1994 08.49.37 GMT", kNever},
      {"Sun,06 Nov 1994 08:49:37 GMT", kNever},
      {"Sun,  06 Nov 1994 08:49:37 GMT", kNever},
      {"Sun 06 Nov 1994 08:49:37 GMT", kNever},
      {"Sun, 06\tNov 1994 08:49:37 GMT", kNever},
      {"Sun, +6 Nov 1994 08:49:37 GMT", kNever},
      {"Sun, 06 Nov -994 08:49:37 GMT", kNever},
      {"Sun, 06 anF 1994 08:49:37 GMT", kNever},  // Within "JanFeb", but not a month.
      {"Sun, 06 ovD 1994 08:49:37 GMT", kNever},
      {"Sun, 06 November 1994 08:49:37 GMT", kNever},
      {"Xyz, 06 Nov 1994 08:49:37 GMT", kNever},
      {"06 Nov 1994 08:49:37 GMT", kNever},
      // RFC 850, seen from 14 Nov 2023.
      {"Wednesday, 01-Jan-70 00:00:00 GMT", 3155760000},  // 2070 is not yet 50 years away.
      {"Tuesday, 14-Nov-23 22:13:20 GMT", 1700000000},
      {"Wednesday, 14-Nov-73 22:13:20 GMT", 3277923200},  // 50 years ahead, and not more.
      {"Wednesday, 14-Nov-73 22:13:21 GMT", 122163201},   // A second more: the past.
      {"Thursday, 15-Nov-73 00:00:00 GMT", 122169600},
      {"Tuesday, 01-Jan-74 00:00:00 GMT", 126230400},
      {"Sunday, 31-Dec-72 00:00:00 GMT", 3250368000},
      {"Friday, 31-Dec-99 23:59:59 GMT", 946684799},
      {"Tuesday, 29-Feb-00 00:00:00 GMT", 951782400},
      {"Saturday, 29-Feb-72 00:00:00 GMT", 3223929600},
      {"Sunday, 29-Feb-76 00:00:00 GMT", 194400000},
      {"Wednesday, 29-Feb-23 00:00:00 GMT", kNever},
      {"Sunday, 31-Apr-94 08:49:37 GMT", kNever},
      {"Sun, 06-Nov-94 08:49:37 GMT", kNever},
      {"Sunday, 06-Nov-1994 08:49:37 GMT", kNever},
      {"Sunday, 06 Nov 94 08:49:37 GMT", kNever},
      {"Sunday, 6-Nov-94 08:49:37 GMT", kNever},
      {"Sunday 06-Nov-94 08:49:37 GMT", kNever},
      {"Sunday, 06-Nov-94 08:49:37", kNever},
      {"sunday, 06-Nov-94 08:49:37 GMT", kNever},
      {"Sundays, 06-Nov-94 08:49:37 GMT", kNever},
      {"Sundae, 06-Nov-94 08:49:37 GMT", kNever},
      // asctime.
      {"Thu Jan  1 00:00:00 1970", 0},
      {"Tue Nov 14 22:13:20 2023", 1700000000},
      {"Tue Nov 04 22:13:20 2003", 1067984000},
      {"Sat Dec 31 23:59:60 2016", 1483228800},
      {"Sun Nov 6 08:49:37 1994", kNever},
      {"Sun Nov   6 08:49:37 1994", kNever},
      {"Sun Nov  6 08:49:37 94", kNever},
      {"Sun Nov  6 08:49:37 1994 GMT", kNever},
      {"Sun Nov  6 08:49:37 1994\n", kNever},
      {"Sun Nov  0 08:49:37 1994", kNever},
      {"Sun Nov 31 08:49:37 1994", kNever},
      {"Sun  Nov 6 08:49:37 1994", kNever},
      {"Sunday Nov  6 08:49:37 1994", kNever},
      // Nothing like a date.
      {"", kNever},
      {"Sun", kNever},
      {"Sun,", kNever},
      {"Sun, ", kNever},
      {"Sunday, ", kNever},
      {"0", kNever},
      {"784111777", kNever},
      {"1994-11-06T08:49:37Z", kNever},
      {"\"686897696a7c876b7e\"", kNever},
      {"Sun, \xD9\xA0\xD9\xA6 Nov 1994 08:49:37 GMT", kNever},
  };
  for (const Case& row : kCases) {
    const auto parsed = parse_date(row.text, kToday);
    EXPECT_EQ(parsed ? parsed->time_since_epoch().count() : kNever, row.time) << row.text;
  }
}

TEST(Date, EveryPrefixAndEveryChangedOctetIsHandled) {
  for (const std::string text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    for (std::size_t length = 0; length < text.size(); ++length) {
      EXPECT_FALSE(parse_date(text.substr(0, length), kToday)) << text.substr(0, length);
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
      for (const char c : {'\0', '\n', '/', ':', '\x7F', '\xFF'}) {
        std::string changed = text;
        changed[i] = c;
        EXPECT_EQ(parse_date(changed, kToday).has_value(), changed == text) << changed;
      }
    }
  }
}

TEST(Date, FormatsLikeTheLibraryAndParsesBack) {
  ASSERT_STREQ(std::setlocale(LC_ALL, nullptr), "C");
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> any(-2208988800, 253402300799);
  for (int round = 0; round < 300'000; ++round) {
    const sys_seconds time = at(any(random));
    const std::string text = format_date(time);
    ASSERT_EQ(parse_date(text, kToday), time) << text;

    const std::time_t raw = time.time_since_epoch().count();
    std::tm fields{};
    ::gmtime_r(&raw, &fields);
    std::array<char, 64> buffer{};
    ASSERT_EQ(text, std::string(buffer.data(), std::strftime(buffer.data(), buffer.size(),
                                                             "%a, %d %b %Y %H:%M:%S GMT", &fields)));
    ASSERT_EQ(std::strftime(buffer.data(), buffer.size(), "%a %b %e %H:%M:%S %Y", &fields), 24U);
    ASSERT_EQ(parse_date(buffer.data(), kToday), time) << buffer.data();
  }
}

TEST(Date, EverySecondOfTwoDaysAndEveryDayOfFourCenturies) {
  for (std::int64_t time = 951'700'000; time < 951'700'000 + 2 * 86400; ++time) {
    ASSERT_EQ(parse_date(format_date(at(time)), kToday), at(time));
  }
  for (std::int64_t day = -25'567; day < 25'567 + 146'097; ++day) {
    ASSERT_EQ(parse_date(format_date(at(day * 86400 + 43'200)), kToday), at(day * 86400 + 43'200));
  }
}

TEST(Date, TwoDigitYearsAreNeverMoreThanFiftyYearsAheadNorFiftyBehind) {
  std::mt19937_64 random(2);
  std::uniform_int_distribution<std::int64_t> any(0, 4102444800);
  constexpr std::int64_t kFiftyYears = 50 * 31'556'952L + 2 * 86400L;  // And the odd leap day.
  for (int round = 0; round < 100'000; ++round) {
    const sys_seconds now = at(any(random));
    const std::string imf = format_date(at(any(random)));
    const std::string text = std::string("Monday, ") + imf.substr(5, 2) + "-" + imf.substr(8, 3) + "-" +
                             imf.substr(14, 2) + imf.substr(16);
    const auto parsed = parse_date(text, now);
    if (!parsed) {
      ASSERT_EQ(imf.substr(5, 6), "29 Feb") << text;  // Not in every century.
      continue;
    }
    ASSERT_EQ(format_date(*parsed).substr(14, 2), imf.substr(14, 2));
    const std::int64_t ahead = (*parsed - now).count();
    ASSERT_LE(ahead, kFiftyYears) << text;
    ASSERT_GE(ahead, -kFiftyYears) << text;
  }
}

TEST(Date, CachedDateFollowsTheSecond) {
  for (const std::int64_t time : {0, 0, 1, 1, 0, 1700000000, -1}) {
    EXPECT_EQ(cached_date(at(time)), format_date(at(time)));
  }
  std::thread([] { EXPECT_EQ(cached_date(at(5)), format_date(at(5))); }).join();
  EXPECT_EQ(cached_date(at(-1)), format_date(at(-1)));
}

}  // namespace
}  // namespace pollux::http
