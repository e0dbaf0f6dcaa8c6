#include "site/rules.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/temporary_directory.h"

namespace pollux::site {
namespace {

class SiteRulesTest : public testing::Test {
 protected:
  [[nodiscard]] std::string headers() const { return directory_ / "_headers"; }
  void write(const std::string& text) const { std::ofstream(headers(), std::ios::trunc) << text; }

  // Whether "/a" is guarded after the look of this second.
  [[nodiscard]] static bool guarded(SiteRules& rules, int second) {
    (void)rules.generation(TimePoint(std::chrono::seconds(1000 + second)));
    return rules.current()->headers.may_guard("/a");
  }

  const test::TemporaryDirectory directory_;
};

TEST_F(SiteRulesTest, AFileIsReadWhenItHasSettled) {
  write("/a\n Basic-Auth: a:b\n");
  SiteRules rules({.headers = {.configured = {}, .file = headers()}, .redirects = {}});
  EXPECT_TRUE(guarded(rules, 0));
  std::filesystem::remove(headers());
  EXPECT_TRUE(guarded(rules, 1)) << "it is being replaced";
  write("/a\n");
  EXPECT_TRUE(guarded(rules, 2)) << "half of it is there";
  write("/a\n X-Is: open\n");
  EXPECT_TRUE(guarded(rules, 3));
  EXPECT_FALSE(guarded(rules, 4)) << "that is what it says";
  std::filesystem::remove(headers());
  write("/a\n Basic-Auth: c:d\n");
  EXPECT_FALSE(guarded(rules, 5));
  EXPECT_TRUE(guarded(rules, 6));
}

TEST_F(SiteRulesTest, AFileWhoseGuardsAreNotKnownChangesNothing) {
  write("/a\n Basic-Auth: a:b\n");
  SiteRules rules({.headers = {.configured = {}, .file = headers()}, .redirects = {}});
  write("a\n Basic-Auth: a:b\n");
  EXPECT_TRUE(guarded(rules, 1));
  EXPECT_TRUE(guarded(rules, 2));
  std::filesystem::remove(headers());
  std::filesystem::create_directory(headers());
  EXPECT_TRUE(guarded(rules, 3));
  EXPECT_TRUE(guarded(rules, 4));
}

TEST_F(SiteRulesTest, AFileThatCannotBeReadMayHaveGuards) {
  std::filesystem::create_directory(headers());
  const RuleText none;
  const auto problems = check_rules({.headers = {.configured = {}, .file = headers()}, .redirects = none});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(problems.front().opens);
  EXPECT_FALSE(
      check_rules({.headers = none, .redirects = {.configured = {}, .file = headers()}}).front().opens);
}

TEST_F(SiteRulesTest, AFileDoesNotGoOnWithTheLastRuleOfTheConfiguration) {
  write("  X-Stray: 1\n/b\n  X-Own: 1\n");
  const RuleSources sources{.headers = {.configured = "/a\n  X-Set: 1\n", .file = headers()},
                            .redirects = {}};
  const auto problems = check_rules(sources);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems.front().text(), headers() + ":1: there is no path above this line");
  const auto rules = SiteRules(sources).current();
  const auto lines_of = [&rules](std::string_view path) {
    http::FieldLines lines;
    rules->headers.for_request({.path = path}).apply(lines);
    return lines.text();
  };
  EXPECT_EQ(lines_of("/a"), "X-Set: 1\r\n");
  EXPECT_EQ(lines_of("/b"), "X-Own: 1\r\n");
  write("  Basic-Auth: a:b\n");
  EXPECT_TRUE(check_rules(sources).back().opens);
}

}  // namespace
}  // namespace pollux::site
