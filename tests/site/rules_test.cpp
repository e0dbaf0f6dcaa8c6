#include "site/rules.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <barrier>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "files/file_cache.h"
#include "tests/fake_clock.h"
#include "tests/temporary_directory.h"

namespace pollux::site {
namespace {

using std::chrono::seconds;

class SiteRulesTest : public testing::Test {
 protected:
  [[nodiscard]] std::string headers() const { return directory_ / "_headers"; }
  // It is the time of this change afterwards.
  void write(const std::string& text) {
    std::ofstream(headers(), std::ios::trunc) << text;
    struct stat status {};
    ASSERT_EQ(::stat(headers().c_str(), &status), 0);
    const std::chrono::nanoseconds changed(nanoseconds(status.st_ctim));
    clock_.advance(changed - clock_.read().wall.time_since_epoch());
  }
  [[nodiscard]] RuleSources sources() const {
    return {.headers = {.configured = {}, .file = headers()},
            .redirects = {.configured = {}, .file = directory_ / "_redirects"}};
  }

  // Whether "/a" is guarded after the next look.
  [[nodiscard]] static bool guarded(SiteRules& rules) {
    rules.look();
    return rules.current()->headers.may_guard("/a");
  }

  const test::TemporaryDirectory directory_;
  test::FakeClock clock_;
  const Access open_{{}, {}};
};

TEST_F(SiteRulesTest, AFileIsReadWhenItHasSettled) {
  write("/a\n Basic-Auth: a:b\n");
  SiteRules rules(sources(), open_, clock_);
  EXPECT_TRUE(guarded(rules));
  std::filesystem::remove(headers());
  EXPECT_TRUE(guarded(rules)) << "it is being replaced";
  write("/a\n");
  EXPECT_TRUE(guarded(rules)) << "half of it is there";
  write("/a\n X-Is: open\n");
  EXPECT_TRUE(guarded(rules));
  EXPECT_FALSE(guarded(rules)) << "that is what it says";
  std::filesystem::remove(headers());
  write("/a\n Basic-Auth: c:d\n");
  EXPECT_FALSE(guarded(rules));
  EXPECT_TRUE(guarded(rules));
}

TEST_F(SiteRulesTest, AfterAQuietHourTheFirstLookIsEnough) {
  SiteRules rules(sources(), open_, clock_);
  EXPECT_FALSE(guarded(rules));
  write("/a\n Basic-Auth: a:b\n");
  (void)directory_.write("_redirects", "/b /a\n");
  clock_.advance(std::chrono::hours(1));
  EXPECT_TRUE(guarded(rules));
  EXPECT_EQ(rules.current()->redirects.size(), 1U);
}

TEST_F(SiteRulesTest, AFileDoesNotWaitForTheOther) {
  (void)directory_.write("_redirects", "/b /a\n");
  SiteRules rules(sources(), open_, clock_);
  write("/a\n Basic-Auth: a:b\n");
  std::filesystem::remove(directory_ / "_redirects");
  clock_.advance(seconds(2));
  EXPECT_TRUE(guarded(rules));
  EXPECT_EQ(rules.current()->redirects.size(), 1U) << "it may be being replaced";
  rules.look();
  EXPECT_EQ(rules.current()->redirects.size(), 0U);
}

TEST_F(SiteRulesTest, AFileWhoseGuardsAreNotKnownChangesNothing) {
  write("/a\n Basic-Auth: a:b\n");
  SiteRules rules(sources(), open_, clock_);
  write("a\n Basic-Auth: a:b\n");
  EXPECT_TRUE(guarded(rules));
  EXPECT_TRUE(guarded(rules));
  std::filesystem::remove(headers());
  std::filesystem::create_directory(headers());
  EXPECT_TRUE(guarded(rules));
  EXPECT_TRUE(guarded(rules));
}

TEST_F(SiteRulesTest, WhichFilesMayDiffer) {
  (void)directory_.write("users", "ada:$2y$04$9TGwctHfMnOiwFrzV18xou6XhKko7/ePqrW2.PDSntQAL3OmDr6Cm\n");
  const Access access(
      {{"/team/*", directory_ / "users", "a"}, {"https://b.test/b/*", directory_ / "users", "b"}}, {});
  write("/plain/*\n Basic-Auth: a:b\nhttps://a.test/c\n X: 1\n");
  (void)directory_.write("_redirects", "/forced /x 301!\n/not /x 301\n");
  const SiteRules rules(sources(), access, clock_);
  const std::pair<std::string_view, bool> rows[] = {
      {"/", false},    {"/a", false},     {"/team", false}, {"/team/", true}, {"/team/a.js.br", true},
      {"/b/a", true},  {"/plain/", true}, {"/c", true},     {"/c.gz", false}, {"/forced", true},
      {"/not", false},
  };
  for (const auto& [path, differs] : rows) EXPECT_EQ(rules.may_differ(path), differs) << path;
}

// The rules of a site as its file cache sees them: two directories, and a link that leads to the first.
class ExchangedSiteTest : public SiteRulesTest {
 protected:
  void SetUp() override {
    (void)directory_.write("old/a", "old");
    (void)directory_.write("old/_headers", "/b\n Basic-Auth: a:b\n");
    (void)directory_.write("new/a", "new");
    (void)directory_.write("new/_headers", "/a\n Basic-Auth: a:b\n");
    lead_to("old");
    rules_.emplace(
        RuleSources{.headers = {.configured = {}, .file = directory_ / "www/_headers"}, .redirects = {}},
        open_, clock_);
    cache_.emplace(files::ResourceLoader(directory_ / "www", {.rules = &*rules_}),
                   files::FileCache::Limits{});
  }

  void lead_to(const std::string& name) const {
    std::filesystem::create_directory_symlink(name, directory_ / "next");
    std::filesystem::rename(directory_ / "next", directory_ / "www");
  }

  // "old", "new", with a '!' where a password is asked for; after another second.
  std::string answer(std::string_view path) {
    now_ += files::DocumentRoot::kLookEvery;
    const auto file = cache_->find(path, now_);
    if (file->kind != files::Resource::Kind::kFile) return "-";
    return std::string(*file->file->snapshot()) + (rules_->current()->headers.may_guard(path) ? "!" : "");
  }

  TimePoint now_{std::chrono::hours(1000)};
  std::optional<SiteRules> rules_;
  std::optional<files::FileCache> cache_;
};

TEST_F(ExchangedSiteTest, AnotherDirectoryIsServedByItsOwnRulesFromTheFirstFileOn) {
  EXPECT_EQ(answer("/a"), "old");
  lead_to("new");
  EXPECT_EQ(answer("/a"), "new!");
  std::filesystem::remove(directory_ / "old/_headers");
  lead_to("old");
  EXPECT_EQ(answer("/a"), "old") << "it has no rules";
}

TEST_F(ExchangedSiteTest, WhatIsLeftOfALostDirectoryKeepsItsRules) {
  (void)directory_.write("old/b", "old");
  EXPECT_EQ(answer("/b"), "old!");
  std::filesystem::remove(directory_ / "www");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(answer("/b"), "old!");
}

TEST_F(ExchangedSiteTest, ThoseWhoComeWhileAnotherLooksGetNoNewFileByOldRules) {
  EXPECT_EQ(answer("/a"), "old");
  for (int round = 0; round < 50; ++round) {
    std::filesystem::remove(directory_ / "old/a");
    std::filesystem::remove(directory_ / "old/_headers");
    clock_.advance(seconds(2));
    for (int i = 0; i < 2; ++i) EXPECT_EQ(answer("/a"), "-");
    (void)directory_.write("old/_headers", "/a\n Basic-Auth: a:b\n" + std::string(100'000, '\n'));
    (void)directory_.write("old/a", "secret");
    clock_.advance(std::chrono::hours(1));
    now_ += std::chrono::hours(1);
    std::barrier<> start(4);
    std::atomic<int> open{0};
    const auto ask = [&] {
      start.arrive_and_wait();
      const auto file = cache_->find("/a", now_);
      if (file->kind == files::Resource::Kind::kFile && !file->may_differ) ++open;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(ask);
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(open, 0) << round;
  }
}

TEST_F(SiteRulesTest, AFileThatCannotBeReadMayHaveGuards) {
  std::filesystem::create_directory(headers());
  const RuleText none;
  const auto problems =
      check_rules({.headers = {.configured = {}, .file = headers()}, .redirects = none}).problems;
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(problems.front().opens);
  EXPECT_FALSE(check_rules({.headers = none, .redirects = {.configured = {}, .file = headers()}})
                   .problems.front()
                   .opens);
}

TEST_F(SiteRulesTest, AFileDoesNotGoOnWithTheLastRuleOfTheConfiguration) {
  write("  X-Stray: 1\n/b\n  X-Own: 1\n");
  const RuleSources sources{.headers = {.configured = "/a\n  X-Set: 1\n", .file = headers()},
                            .redirects = {}};
  const auto problems = check_rules(sources).problems;
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems.front().text(), headers() + ":1: there is no path above this line");
  const auto rules = SiteRules(sources, open_).current();
  const auto lines_of = [&rules](std::string_view path) {
    http::FieldLines lines;
    rules->headers.for_request({.path = path}).apply(lines);
    return lines.text();
  };
  EXPECT_EQ(lines_of("/a"), "X-Set: 1\r\n");
  EXPECT_EQ(lines_of("/b"), "X-Own: 1\r\n");
  write("  Basic-Auth: a:b\n");
  EXPECT_TRUE(check_rules(sources).problems.back().opens);
}

}  // namespace
}  // namespace pollux::site
