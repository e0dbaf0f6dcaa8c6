#include "files/conditional.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "http/date.h"

namespace pollux::files {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;
using Field = std::optional<std::string_view>;

constexpr sys_seconds kModified = sys_seconds(seconds(784111777));
constexpr sys_seconds kReceived = sys_seconds(seconds(1'700'000'000));
constexpr Validators kCurrent{"\"a\"", kModified};

constexpr std::string_view kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr std::string_view kExact = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";
constexpr Field kNo = std::nullopt;

constexpr auto kProceed = Precondition::kProceed;
constexpr auto k304 = Precondition::kNotModified;
constexpr auto k412 = Precondition::kFailed;

TEST(Conditional, EntityTagLength) {
  struct Case {
    std::string_view text;
    std::size_t length;
  };
  constexpr Case kCases[] = {
      {R"("a")", 3},   {R"("")", 2},    {R"(W/"a")", 5},   {R"(W/"")", 4},   {R"("a,b")", 5},
      {R"("a\")", 4},  {R"("a" x)", 3}, {R"("a","b")", 3}, {R"("W/")", 4},   {"\"\xC3\xA9\"", 4},
      {"\"!#~\"", 5},  {R"(w/"a")", 0}, {R"(W"a")", 0},    {R"(W/ "a")", 0}, {"W/", 0},
      {"W", 0},        {"", 0},         {"a", 0},          {"\"", 0},        {R"("a)", 0},
      {R"("a b")", 0}, {"\"a\tb\"", 0}, {"\"a\x7F\"", 0},  {R"(W/a)", 0},    {R"('a')", 0},
      {R"( "a")", 0},  {"*", 0},        {R"(/"a")", 0},
  };
  for (const Case& row : kCases) EXPECT_EQ(entity_tag_length(row.text), row.length) << row.text;
}

// The table of RFC 9110 section 8.8.3.2.
TEST(Conditional, Comparison) {
  struct Case {
    std::string_view a, b;
    bool strong, weak;
  };
  constexpr Case kCases[] = {
      {R"(W/"1")", R"(W/"1")", false, true},
      {R"(W/"1")", R"(W/"2")", false, false},
      {R"(W/"1")", R"("1")", false, true},
      {R"("1")", R"(W/"1")", false, true},
      {R"("1")", R"("1")", true, true},
      {R"("1")", R"("2")", false, false},
      {R"("a")", R"("A")", false, false},
      {"", "", false, false},
      {"W/", "W/", false, false},
  };
  for (const Case& row : kCases) {
    EXPECT_EQ(strong_match(row.a, row.b), row.strong) << row.a << row.b;
    EXPECT_EQ(weak_match(row.a, row.b), row.weak) << row.a << row.b;
  }
}

TEST(Conditional, IfMatchAndIfNoneMatch) {
  struct Case {
    std::string_view value;
    bool strong;  // Names a representation whose tag is "a".
    bool weak;
  };
  constexpr Case kCases[] = {
      {R"("a")", true, true},
      {"*", true, true},
      {" * ", true, true},
      {R"( "a" )", true, true},
      {R"("b")", false, false},
      {R"(W/"a")", false, true},
      {R"("x", "a")", true, true},
      {R"("a", "x")", true, true},
      {R"("x","a","y")", true, true},
      {R"("x" , W/"a")", false, true},
      {R"(,, "a" ,)", true, true},
      {"\"x\"\t,\t\"a\"", true, true},
      {R"("x,", "a")", true, true},
      {R"("x,"a")", false, false},
      {R"("x\", "a")", true, true},      // No quoted-pairs in entity-tags.
      {R"("x, a", "y")", false, false},  // A comma within a tag.
      {R"(", "a", ")", false, false},    // Two tags with garbage between: no space in a tag.
      {R"("A")", false, false},
      {R"("")", false, false},
      {R"("aa")", false, false},
      // Malformed: names nothing.
      {"", false, false},
      {",", false, false},
      {"a", false, false},
      {R"(w/"a")", false, false},
      {R"(W/ "a")", false, false},
      {R"("a)", false, false},
      {R"(a")", false, false},
      {R"('a')", false, false},
      {R"("a" "b")", false, false},
      {R"("a"; "b")", false, false},
      {R"("a", b)", false, false},
      {R"(b, "a")", false, false},
      {R"("a", *)", false, false},
      {R"(*, "a")", false, false},
      {"**", false, false},
      {R"("*")", false, false},
      {R"("a"x)", false, false},
      {"\"a\"\x01", false, false},
  };
  for (const Case& row : kCases) {
    const ConditionalFields match{row.value, kNo, kNo, kNo, kNo};
    const ConditionalFields none{kNo, row.value, kNo, kNo, kNo};
    for (const bool get : {true, false}) {
      EXPECT_EQ(evaluate(match, get, &kCurrent, kReceived), row.strong ? kProceed : k412) << row.value;
      EXPECT_EQ(evaluate(match, get, nullptr, kReceived), k412) << row.value;
      EXPECT_EQ(evaluate(none, get, nullptr, kReceived), kProceed) << row.value;
    }
    EXPECT_EQ(evaluate(none, true, &kCurrent, kReceived), row.weak ? k304 : kProceed) << row.value;
    EXPECT_EQ(evaluate(none, false, &kCurrent, kReceived), row.weak ? k412 : kProceed) << row.value;
  }
}

TEST(Conditional, WeakAndMissingCurrentTags) {
  constexpr Validators kWeak{"W/\"a\"", kModified};
  constexpr Validators kNone{"", kModified};
  const ConditionalFields match{R"("a", W/"a")", kNo, kNo, kNo, kNo};
  const ConditionalFields none{kNo, R"("a")", kNo, kNo, kNo};
  EXPECT_EQ(evaluate(match, true, &kWeak, kReceived), k412);
  EXPECT_EQ(evaluate(none, true, &kWeak, kReceived), k304);
  EXPECT_EQ(evaluate(match, true, &kNone, kReceived), k412);
  EXPECT_EQ(evaluate(none, true, &kNone, kReceived), kProceed);
  EXPECT_EQ(evaluate({"*", kNo, kNo, kNo, kNo}, true, &kNone, kReceived), kProceed);
}

// The order of RFC 9110 13.2.2, with a current tag of "a" and kExact as its date.
TEST(Conditional, Order) {
  constexpr Field kYes = R"("a")";
  constexpr Field kOther = R"("b")";
  struct Case {
    Field if_match, if_none_match, if_modified_since, if_unmodified_since;
    Precondition get;
    Precondition put;
  };
  const Case cases[] = {
      {kNo, kNo, kNo, kNo, kProceed, kProceed},
      // If-Modified-Since alone: GET and HEAD only.
      {kNo, kNo, kBefore, kNo, kProceed, kProceed},
      {kNo, kNo, kExact, kNo, k304, kProceed},
      {kNo, kNo, kAfter, kNo, k304, kProceed},
      {kNo, kNo, "Sunday, 06-Nov-94 08:49:37 GMT", kNo, k304, kProceed},
      {kNo, kNo, "Sun Nov  6 08:49:37 1994", kNo, k304, kProceed},
      {kNo, kNo, " Sun, 06 Nov 1994 08:49:37 GMT ", kNo, k304, kProceed},
      {kNo, kNo, "Fri, 31 Dec 9999 23:59:59 GMT", kNo, k304, kProceed},
      {kNo, kNo, "Sun, 06 Nov 1994 08:49:37 GMT; length=5", kNo, kProceed, kProceed},
      {kNo, kNo, "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", kNo, kProceed, kProceed},
      {kNo, kNo, "tomorrow", kNo, kProceed, kProceed},
      {kNo, kNo, "", kNo, kProceed, kProceed},
      // If-Unmodified-Since alone: every method.
      {kNo, kNo, kNo, kBefore, k412, k412},
      {kNo, kNo, kNo, kExact, kProceed, kProceed},
      {kNo, kNo, kNo, kAfter, kProceed, kProceed},
      {kNo, kNo, kNo, "Sun Nov  6 08:49:36 1994", k412, k412},
      {kNo, kNo, kNo, "yesterday", kProceed, kProceed},
      {kNo, kNo, kNo, "", kProceed, kProceed},
      // If-Match makes If-Unmodified-Since void.
      {kYes, kNo, kNo, kBefore, kProceed, kProceed},
      {kOther, kNo, kNo, kAfter, k412, k412},
      {"garbage", kNo, kNo, kAfter, k412, k412},
      // If-None-Match makes If-Modified-Since void.
      {kNo, kYes, kBefore, kNo, k304, k412},
      {kNo, kOther, kAfter, kNo, kProceed, kProceed},
      {kNo, kOther, kExact, kNo, kProceed, kProceed},
      {kNo, "garbage", kExact, kNo, kProceed, kProceed},
      {kNo, "", kExact, kNo, kProceed, kProceed},
      // The first pair goes before the second.
      {kOther, kYes, kNo, kNo, k412, k412},
      {kYes, kYes, kNo, kNo, k304, k412},
      {kYes, kOther, kNo, kNo, kProceed, kProceed},
      {kYes, kNo, kExact, kNo, k304, kProceed},
      {kOther, kNo, kExact, kNo, k412, k412},
      {kNo, kYes, kNo, kBefore, k412, k412},
      {kNo, kYes, kNo, kAfter, k304, k412},
      {kNo, kNo, kExact, kExact, k304, kProceed},
      {kNo, kNo, kExact, kBefore, k412, k412},
      {kYes, kYes, kBefore, kBefore, k304, k412},
      {kYes, kOther, kExact, kBefore, kProceed, kProceed},
      {"*", "*", kNo, kNo, k304, k412},
  };
  int row_number = 0;
  for (const Case& row : cases) {
    const ConditionalFields fields{row.if_match, row.if_none_match, row.if_modified_since,
                                   row.if_unmodified_since, kNo};
    EXPECT_EQ(evaluate(fields, true, &kCurrent, kReceived), row.get) << "row " << row_number;
    EXPECT_EQ(evaluate(fields, false, &kCurrent, kReceived), row.put) << "row " << row_number;
    ++row_number;
  }
}

TEST(Conditional, WithoutARepresentationDatesAreIgnored) {
  EXPECT_EQ(evaluate({kNo, kNo, kAfter, kNo, kNo}, true, nullptr, kReceived), kProceed);
  EXPECT_EQ(evaluate({kNo, kNo, kNo, kBefore, kNo}, false, nullptr, kReceived), kProceed);
  EXPECT_EQ(evaluate({"*", kNo, kNo, kNo, kNo}, false, nullptr, kReceived), k412);
  EXPECT_EQ(evaluate({kNo, "*", kNo, kNo, kNo}, false, nullptr, kReceived), kProceed);
}

TEST(Conditional, IfRange) {
  struct Case {
    Field if_range;
    std::string_view etag;
    std::int64_t age;  // Seconds since the file was modified.
    bool applies;
  };
  const Case cases[] = {
      {kNo, R"("a")", 100, true},
      {R"("a")", R"("a")", 100, true},
      {R"( "a" )", R"("a")", 100, true},
      {R"("a")", R"("a")", 0, true},  // A tag is strong at any age.
      {R"("b")", R"("a")", 100, false},
      {R"(W/"a")", R"("a")", 100, false},
      {R"("a")", R"(W/"a")", 100, false},
      {R"(W/"a")", R"(W/"a")", 100, false},
      {R"("a", "b")", R"("a")", 100, false},  // Not a list.
      {"*", R"("a")", 100, false},
      {"a", R"("a")", 100, false},
      {"", R"("a")", 100, false},
      {R"("")", "", 100, false},
      {kExact, R"("a")", 100, true},
      {kExact, R"("a")", 1, true},
      {kExact, R"("a")", 0, false},  // The second is not over.
      {kExact, R"("a")", -1, false},
      {kBefore, R"("a")", 100, false},
      {kAfter, R"("a")", 100, false},  // Exactly equal, not "not later".
      {"Sunday, 06-Nov-94 08:49:37 GMT", R"("a")", 100, true},
      {"Sun Nov  6 08:49:37 1994", R"("a")", 100, true},
      {"Sun, 06 Nov 1994 08:49:37", R"("a")", 100, false},
  };
  for (const Case& row : cases) {
    const Validators current{row.etag, kModified};
    EXPECT_EQ(range_applies(row.if_range, current, kModified + seconds(row.age)), row.applies)
        << row.if_range.value_or("(none)") << ' ' << row.age;
  }
}

// A malformed list never matches: whatever matches, parses as a list by an independent reading.
TEST(Conditional, RandomListsMatchOnlyWhenTheTagStandsInThem) {
  constexpr std::string_view kAlphabet = "\"\"\"a, W/*";
  std::mt19937 random(1);
  int matches = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string list;
    for (std::size_t i = 0, n = random() % 12; i < n; ++i) list += kAlphabet[random() % kAlphabet.size()];
    const bool match = evaluate({kNo, list, kNo, kNo, kNo}, true, &kCurrent, kReceived) == k304;
    if (!match) continue;
    ++matches;
    EXPECT_TRUE(list.find("\"a\"") != std::string::npos || list.find('*') != std::string::npos) << list;
    EXPECT_EQ(std::count(list.begin(), list.end(), '"') % 2, 0) << list;
  }
  EXPECT_GT(matches, 100);
}

}  // namespace
}  // namespace pollux::files
