#include "http/lists.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace pollux::http {
namespace {

using Elements = std::vector<std::string_view>;

Elements elements_of(std::string_view list) {
  Elements elements;
  ListReader reader(list);
  while (const auto element = reader.next()) elements.push_back(*element);
  return elements;
}

TEST(Lists, Elements) {
  struct Case {
    std::string_view list;
    Elements elements;
  };
  const Case cases[] = {
      {"", {}},
      {" \t ", {}},
      {",", {}},
      {" , ,, \t,", {}},
      {"a", {"a"}},
      {" a ", {"a"}},
      {"a,b", {"a", "b"}},
      {"a , b\t,\tc", {"a", "b", "c"}},
      {",a,,b,", {"a", "b"}},
      {"a b, c", {"a b", "c"}},
      {"gzip;q=1.0, br", {"gzip;q=1.0", "br"}},
      {R"(private="a, b", no-store)", {R"(private="a, b")", "no-store"}},
      {R"("a\",b", c)", {R"("a\",b")", "c"}},
      {R"("\\", c)", {R"("\\")", "c"}},
      {R"("", c)", {R"("")", "c"}},
      {R"(a, "b, close)", {"a", R"("b, close)"}},
      {R"("a\)", {R"("a\)"}},
      {R"(a\,b)", {R"(a\)", "b"}},
  };
  for (const Case& row : cases) EXPECT_EQ(elements_of(row.list), row.elements) << row.list;
}

TEST(Lists, EndsWithIgnoringCase) {
  const struct {
    std::string_view text;
    std::string_view end;
    bool expected;
  } rows[] = {
      {"a.SVGZ", ".svgz", true}, {".svgz", ".SVGZ", true}, {"a", "", true},     {"", "", true},
      {"a.svgz", ".svg", false}, {"svgz", ".svgz", false}, {"", ".svg", false},
  };
  for (const auto& row : rows)
    EXPECT_EQ(ends_with_ignoring_case(row.text, row.end), row.expected) << row.text;
}

TEST(Lists, HasToken) {
  struct Case {
    std::string_view list;
    std::string_view token;
    bool expected;
  };
  constexpr Case kCases[] = {
      {"close", "close", true},
      {"Close", "close", true},
      {"CLOSE", "close", true},
      {"keep-alive, close", "close", true},
      {"keep-alive,close,", "close", true},
      {" ,close", "close", true},
      {"\tclose\t", "close", true},
      {"keep-alive", "close", false},
      {"closed", "close", false},
      {"clos", "close", false},
      {"not close", "close", false},
      {"close;x=1", "close", false},
      {R"("close")", "close", false},
      {R"(x="a, close, b")", "close", false},
      {"", "close", false},
      {"", "", false},
      {"Upgrade, HTTP2-Settings", "upgrade", true},
  };
  for (const Case& row : kCases) EXPECT_EQ(has_token(row.list, row.token), row.expected) << row.list;
}

TEST(Lists, EqualsIgnoringCase) {
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_TRUE(equals_ignoring_case("Content-Length", "content-LENGTH"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("a[", "A{"));  // 0x5B and 0x7B differ by the same bit as letters.
  EXPECT_FALSE(equals_ignoring_case("\xC3\x84", "\xC3\xA4"));  // ASCII only.
}

TEST(Lists, TrimOws) {
  EXPECT_EQ(trim_ows(""), "");
  EXPECT_EQ(trim_ows(" \t"), "");
  EXPECT_EQ(trim_ows("\t a b \t"), "a b");
  EXPECT_EQ(trim_ows("\r\na\v"), "\r\na\v");  // Other white space is not OWS.
}

TEST(Lists, RandomOctetsGiveTrimmedElementsWithinTheValue) {
  constexpr std::string_view kAlphabet = "a, \t\"\\";
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string list(random() % 16, '\0');
    for (char& c : list) c = kAlphabet[random() % kAlphabet.size()];
    for (const std::string_view element : elements_of(list)) {
      ASSERT_FALSE(element.empty()) << list;
      ASSERT_EQ(element, trim_ows(element)) << list;
      ASSERT_GE(element.data(), list.data());
      ASSERT_LE(element.data() + element.size(), list.data() + list.size());
    }
  }
}

}  // namespace
}  // namespace pollux::http
