#include "files/range.h"

#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace pollux::files {

// For failure messages.
std::ostream& operator<<(std::ostream& out, const ByteRange& range) {
  return out << range.first << '-' << range.last;
}

namespace {

using Parts = std::vector<ByteRange>;
using RangeKind = Ranges::Kind;

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kLimit = 4;

TEST(Range, Parse) {
  constexpr auto kNone = RangeKind::kNone;
  constexpr auto kUnsat = RangeKind::kUnsatisfiable;
  constexpr auto kOk = RangeKind::kSatisfiable;
  struct Case {
    std::string field;
    std::uint64_t size;
    RangeKind kind;
    Parts parts;
  };
  const Case cases[] = {
      // One range.
      {"bytes=0-499", 10000, kOk, {{0, 499}}},
      {"bytes=500-999", 10000, kOk, {{500, 999}}},
      {"bytes=-500", 10000, kOk, {{9500, 9999}}},
      {"bytes=9500-", 10000, kOk, {{9500, 9999}}},
      {"bytes=0-0", 10000, kOk, {{0, 0}}},
      {"bytes=-1", 10000, kOk, {{9999, 9999}}},
      {"bytes=0-", 10000, kOk, {{0, 9999}}},
      {"bytes=9999-", 10000, kOk, {{9999, 9999}}},
      {"bytes=9999-10000", 10000, kOk, {{9999, 9999}}},
      {"bytes=0-99999", 10000, kOk, {{0, 9999}}},
      {"bytes=-10000", 10000, kOk, {{0, 9999}}},
      {"bytes=-10001", 10000, kOk, {{0, 9999}}},
      {"bytes=0-0", 1, kOk, {{0, 0}}},
      {"Bytes=0-0", 10, kOk, {{0, 0}}},
      {"BYTES=0-0", 10, kOk, {{0, 0}}},
      {"bytes= 0-0", 10, kOk, {{0, 0}}},
      {"bytes=0-0 ", 10, kOk, {{0, 0}}},
      {"bytes=,0-0", 10, kOk, {{0, 0}}},
      {"bytes=0-0, ,", 10, kOk, {{0, 0}}},
      {"bytes=000-0004", 10, kOk, {{0, 4}}},
      // Beyond the end.
      {"bytes=10000-", 10000, kUnsat, {}},
      {"bytes=10000-10001", 10000, kUnsat, {}},
      {"bytes=-0", 10000, kUnsat, {}},
      {"bytes=-000", 10000, kUnsat, {}},
      {"bytes=10000-,-0,20000-20001", 10000, kUnsat, {}},
      // Not for us, or broken.
      {"", 10, kNone, {}},
      {"bytes", 10, kNone, {}},
      {"bytes=", 10, kNone, {}},
      {"bytes= ", 10, kNone, {}},
      {"bytes=,", 10, kNone, {}},
      {"bytes=-", 10, kNone, {}},
      {"bytes=--1", 10, kNone, {}},
      {"bytes=-1-", 10, kNone, {}},
      {"bytes=1", 10, kNone, {}},
      {"bytes=5-4", 10, kNone, {}},
      {"bytes=0-1,5-4", 10, kNone, {}},
      {"bytes=0-1,x", 10, kNone, {}},
      {"bytes=x-1", 10, kNone, {}},
      {"bytes=0-x", 10, kNone, {}},
      {"bytes=0 -1", 10, kNone, {}},
      {"bytes=0- 1", 10, kNone, {}},
      {"bytes=0-1-2", 10, kNone, {}},
      {"bytes=0-1;2-3", 10, kNone, {}},
      {"bytes=0-1 2-3", 10, kNone, {}},
      {"bytes=+0-1", 10, kNone, {}},
      {"bytes=0x0-1", 10, kNone, {}},
      {"bytes=\"0-1\"", 10, kNone, {}},
      {"bytes=0-1/10", 10, kNone, {}},
      {"bytes =0-1", 10, kNone, {}},
      {" bytes=0-1", 10, kNone, {}},
      {"bytes:0-1", 10, kNone, {}},
      {"bytes 0-1/10", 10, kNone, {}},
      {"bytes=bytes=0-1", 10, kNone, {}},
      {"octets=0-1", 10, kNone, {}},
      {"items=0-1", 10, kNone, {}},
      {"byte=0-1", 10, kNone, {}},
      {"=0-1", 10, kNone, {}},
      // Numbers without end.
      {"bytes=0-18446744073709551615", 10, kOk, {{0, 9}}},
      {"bytes=0-18446744073709551616", 10, kOk, {{0, 9}}},
      {"bytes=1-99999999999999999999999999999999", 10, kOk, {{1, 9}}},
      {"bytes=-99999999999999999999999999999999", 10, kOk, {{0, 9}}},
      {"bytes=18446744073709551615-", 10, kUnsat, {}},
      {"bytes=18446744073709551616-", 10, kUnsat, {}},  // Wrapped, it would be 0.
      {"bytes=18446744073709551617-18446744073709551618", 10, kUnsat, {}},
      {"bytes=18446744073709551618-18446744073709551617", 10, kNone, {}},
      {"bytes=00000000000000000000000000000000000001-2", 10, kOk, {{1, 2}}},
      {"bytes=2-00000000000000000000000000000000000001", 10, kNone, {}},
      {"bytes=" + std::string(1000, '9') + "-", 10, kUnsat, {}},
      {"bytes=0-", kMax, kOk, {{0, kMax - 1}}},
      {"bytes=18446744073709551614-", kMax, kOk, {{kMax - 1, kMax - 1}}},
      {"bytes=18446744073709551615-", kMax, kUnsat, {}},
      {"bytes=-18446744073709551615", kMax, kOk, {{0, kMax - 1}}},
      {"bytes=5368709115-5368709119", 5368709120, kOk, {{5368709115, 5368709119}}},
      {"bytes=-1", 5368709120, kOk, {{5368709119, 5368709119}}},
      // Empty files.
      {"bytes=0-", 0, kUnsat, {}},
      {"bytes=0-0", 0, kUnsat, {}},
      {"bytes=1-2,3-", 0, kUnsat, {}},
      {"bytes=-0", 0, kUnsat, {}},
      {"bytes=-1", 0, kNone, {}},
      {"bytes=0-,-1", 0, kNone, {}},
      {"bytes=2-1", 0, kNone, {}},
      // Several.
      {"bytes=0-0,-1", 100, kOk, {{0, 0}, {99, 99}}},
      {"bytes=10-19, 30-39", 100, kOk, {{10, 19}, {30, 39}}},
      {"bytes=30-39,10-19", 100, kOk, {{30, 39}, {10, 19}}},
      {"bytes=10-19,200-,30-39", 100, kOk, {{10, 19}, {30, 39}}},
      {"bytes=200-,10-19", 100, kOk, {{10, 19}}},
      {"bytes=0-0,2-2,4-4,6-6", 100, kOk, {{0, 0}, {2, 2}, {4, 4}, {6, 6}}},
      // Coalesced: the earliest place is kept.
      {"bytes=10-19,20-29", 100, kOk, {{10, 29}}},
      {"bytes=20-29,10-19", 100, kOk, {{10, 29}}},
      {"bytes=10-19,15-29", 100, kOk, {{10, 29}}},
      {"bytes=10-19,12-13", 100, kOk, {{10, 19}}},
      {"bytes=12-13,10-19", 100, kOk, {{10, 19}}},
      {"bytes=10-19,10-19", 100, kOk, {{10, 19}}},
      {"bytes=10-19,21-29", 100, kOk, {{10, 19}, {21, 29}}},
      {"bytes=10-19,40-49,15-25", 100, kOk, {{10, 25}, {40, 49}}},
      {"bytes=40-49,10-19,0-5,20-39", 100, kOk, {{10, 49}, {0, 5}}},
      {"bytes=0-1,4-5,8-9,2-7", 100, kOk, {{0, 9}}},
      {"bytes=50-59,0-1,4-5,2-3", 100, kOk, {{50, 59}, {0, 5}}},
      {"bytes=0-49,50-99", 100, kOk, {{0, 99}}},
      // Too many, or too much.
      {"bytes=0-0,2-2,4-4,6-6,8-8", 100, kNone, {}},
      {"bytes=0-0,0-0,0-0,0-0,0-0", 100, kNone, {}},
      {"bytes=200-,200-,200-,200-,200-", 100, kNone, {}},
      {"bytes=0-,0-", 100, kNone, {}},
      {"bytes=0-,-1", 100, kNone, {}},
      {"bytes=0-99,0-0", 100, kNone, {}},
      {"bytes=0-50,50-99", 100, kNone, {}},
      {"bytes=0-18446744073709551613,0-", kMax, kNone, {}},
      {"bytes=0-9223372036854775807,0-9223372036854775807,0-0", kMax, kNone, {}},
  };
  for (const Case& row : cases) {
    const Ranges ranges = parse_ranges(row.field, row.size, kLimit);
    EXPECT_EQ(ranges.kind, row.kind) << row.field;
    EXPECT_EQ(ranges.parts, row.parts) << row.field;
  }
}

TEST(Range, ALimitOfNoneTurnsRangesOff) {
  EXPECT_EQ(parse_ranges("bytes=0-0", 10, 0).kind, RangeKind::kNone);
  EXPECT_EQ(parse_ranges("bytes=0-0", 10, 1).kind, RangeKind::kSatisfiable);
}

TEST(Range, ContentRange) {
  EXPECT_EQ(content_range({0, 499}, 1234), "bytes 0-499/1234");
  EXPECT_EQ(content_range({kMax - 1, kMax - 1}, kMax),
            "bytes 18446744073709551614-18446744073709551614/18446744073709551615");
  EXPECT_EQ(unsatisfied_content_range(0), "bytes */0");
  EXPECT_EQ(unsatisfied_content_range(kMax), "bytes */18446744073709551615");
}

// Every set of up to four small ranges, against a picture of the file with its wanted octets marked.
TEST(Range, PartsCoverExactlyWhatWasAskedFor) {
  constexpr std::uint64_t kSize = 12;
  std::mt19937 random(1);
  for (int round = 0; round < 100'000; ++round) {
    std::string field = "bytes=";
    std::string wanted(kSize, '.');
    std::uint64_t sum = 0;
    for (std::size_t i = 0, n = 1 + random() % kLimit; i < n; ++i) {
      const std::size_t first = random() % kSize;
      const std::size_t last = first + random() % (kSize - first);
      field += std::to_string(first) + "-" + std::to_string(last) + ",";
      wanted.replace(first, last - first + 1, last - first + 1, '#');
      sum += last - first + 1;
    }
    const Ranges ranges = parse_ranges(field, kSize, kLimit);
    ASSERT_EQ(ranges.kind, sum > kSize ? RangeKind::kNone : RangeKind::kSatisfiable) << field;
    std::string sent(kSize, '.');
    for (const ByteRange& part : ranges.parts) {
      ASSERT_LE(part.first, part.last);
      ASSERT_LT(part.last, kSize);
      const std::size_t before = part.first > 0 ? part.first - 1 : 0;
      const std::string around = sent.substr(before, part.last + 2 - before);
      ASSERT_EQ(around.find('#'), std::string::npos) << field << ": two parts touch";
      sent.replace(part.first, part.length(), part.length(), '#');
    }
    if (ranges.kind == RangeKind::kNone) continue;
    ASSERT_EQ(sent, wanted) << field;
  }
}

TEST(Range, RandomOctetsNeverLeaveTheFile) {
  constexpr std::string_view kAlphabet = "0123456789--,, =x";
  std::mt19937 random(2);
  for (int round = 0; round < 200'000; ++round) {
    std::string field = "bytes=";
    for (std::size_t i = 0, n = random() % 24; i < n; ++i) field += kAlphabet[random() % kAlphabet.size()];
    const std::uint64_t size = random() % 3 == 0 ? kMax : random() % 1000;
    const Ranges ranges = parse_ranges(field, size, 16);
    ASSERT_EQ(ranges.kind == RangeKind::kSatisfiable, !ranges.parts.empty()) << field;
    std::uint64_t left = size;
    for (const ByteRange& part : ranges.parts) {
      ASSERT_LE(part.first, part.last) << field;
      ASSERT_LT(part.last, size) << field;
      ASSERT_LE(part.length(), left) << field;
      left -= part.length();
    }
  }
}

}  // namespace
}  // namespace pollux::files
