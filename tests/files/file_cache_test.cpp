#include "files/file_cache.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <barrier>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "tests/files/temporary_site.h"

namespace pollux::files {
namespace {

using Kind = Resource::Kind;
using Found = std::shared_ptr<const Resource>;

constexpr TimePoint kFirstAsked{std::chrono::hours(1000)};
constexpr std::uint64_t kLargest = FileVersion::kSnapshotLimit;

FileCache::Limits roomy() { return {}; }

std::string octets(const Found& found) {
  return found->kind == Kind::kFile ? std::string(found->file->snapshot().value_or("(large)")) : "(none)";
}

// As long as it lives, nothing can be opened.
class NoDescriptors {
 public:
  NoDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const struct rlimit none = {0, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  struct rlimit before_ {};
};

class FileCacheTest : public ::testing::Test {
 protected:
  [[nodiscard]] ResourceLoader loader() const {
    return {site_.directory().string(), {.index = {"index.html"}}};
  }

  TemporarySite site_;
};

TEST_F(FileCacheTest, WhatGoesFirst) {
  for (const char* name : {"a", "b", "c", "d"}) site_.write(name, name);
  for (const char* name : {"K", "L", "M"}) site_.write(name, std::string(kLargest, 'x'));      // In memory.
  for (const char* name : {"X", "Y", "Z"}) site_.write(name, std::string(kLargest + 1, 'x'));  // Open.
  const struct {
    const char* name;
    FileCache::Limits limits;
    std::string asked;  // In this order.
    std::string kept;
    std::string gone;
  } rows[] = {
      {"there is room", {.entries = 4}, "abcd", "abcd", ""},
      {"one entry too many", {.entries = 3}, "abcd", "bcd", "a"},
      {"the least recently used", {.entries = 3}, "abcad", "acd", "b"},
      {"failures count, too", {.entries = 3}, "abc-", "-bc", "a"},
      {"one entry", {.entries = 1}, "ab", "b", "a"},
      {"octets", {.memory = 2 * kLargest + 100'000}, "KLM", "LM", "K"},
      {"the least memory is that of one file with its variants", {.memory = 0}, "abKLM", "LM", "abK"},
      {"descriptors", {.open_files = 2}, "XaYbZ", "YbZ", "Xa"},
      {"no descriptors at all", {.open_files = 0}, "aXb", "ab", "X"},
  };
  for (const auto& row : rows) {
    FileCache cache(loader(), row.limits);
    std::map<char, Found> first;
    for (const char name : row.asked) first[name] = cache.find(std::string("/") + name, kFirstAsked);
    for (const char name : row.kept)
      EXPECT_EQ(cache.find(std::string("/") + name, kFirstAsked), first[name]) << row.name << ": " << name;
    for (const char name : row.gone)
      EXPECT_NE(cache.find(std::string("/") + name, kFirstAsked), first[name]) << row.name << ": " << name;
  }
}

TEST_F(FileCacheTest, TheLargestFileThatCouldHaveVariantsFitsInTheLeastMemory) {
  site_.write("app.js", std::string(kLargest, 'x'));
  FileCache cache(ResourceLoader(site_.directory().string(), {.compress = true}), {.memory = 0});
  const Found first = cache.find("/app.js", kFirstAsked);
  ASSERT_TRUE(first->has_variants);
  EXPECT_EQ(cache.find("/app.js", kFirstAsked), first);
}

TEST_F(FileCacheTest, FailuresUnderLongPathsTakeNothing) {
  const std::string deep = "/" + std::string(200, 'd') + "/" + std::string(200, 'f');
  site_.write(deep.substr(1), "deep");
  FileCache cache(loader(), roomy());
  for (int i = 0; i < 100; ++i)
    (void)cache.find("/" + std::to_string(i) + std::string(7000, 'x'), kFirstAsked);
  EXPECT_EQ(cache.usage().entries, 0U);
  EXPECT_EQ(cache.find(deep, kFirstAsked), cache.find(deep, kFirstAsked))
      << "a file is remembered, however long its path";
  EXPECT_EQ(cache.find("/none", kFirstAsked), cache.find("/none", kFirstAsked));
  EXPECT_EQ(cache.usage().entries, 2U);
}

TEST_F(FileCacheTest, ForgetsAllWhenItIsCleared) {
  site_.write("a.txt", "a");
  FileCache cache(loader(), roomy());
  const Found known = cache.find("/a.txt", kFirstAsked);
  cache.clear();
  EXPECT_EQ(cache.usage().entries, 0U);
  EXPECT_EQ(cache.usage().memory, 0U);
  EXPECT_NE(cache.find("/a.txt", kFirstAsked), known);
  EXPECT_EQ(cache.usage().entries, 1U);
}

TEST_F(FileCacheTest, LargeFilesTakeNothingFromOtherShards) {
  FileCache cache(loader(), roomy());
  for (int i = 0; i < 100; ++i) {
    const std::string name = "large" + std::to_string(i);
    site_.write(name, std::string(kLargest, 'x'));
    (void)cache.find("/" + name, kFirstAsked);
  }
  for (int i = 0; i < 50; ++i) {
    const std::string name = "small" + std::to_string(i);
    site_.write(name, name);
    const Found first = cache.find("/" + name, kFirstAsked);
    EXPECT_EQ(cache.find("/" + name, kFirstAsked), first) << name;
  }
}

TEST_F(FileCacheTest, ServesAChangeASecondLaterAtMost) {
  const struct {
    const char* name;
    void (*change)(const TemporarySite&);
    std::string before;
    std::string after;
  } rows[] = {
      {"rewritten", [](const TemporarySite& site) { site.write("f", "two"); }, "one", "two"},
      {"replaced", [](const TemporarySite& site) { site.replace("f", "two"); }, "one", "two"},
      {"deleted", [](const TemporarySite& site) { std::filesystem::remove(site.directory() / "f"); }, "one",
       "(none)"},
      {"created", [](const TemporarySite& site) { site.write("g", "two"); }, "(none)", "two"},
      {"rewritten with its old date",
       [](const TemporarySite& site) { site.write("f", "two"), site.set_date("f", 1000); }, "one", "two"},
  };
  for (const auto& row : rows) {
    std::filesystem::remove(site_.directory() / "g");
    site_.write("f", "one");
    site_.set_date("f", 1000);
    const std::string path = row.name == std::string("created") ? "/g" : "/f";
    FileCache cache(loader(), roomy());
    const Found first = cache.find(path, kFirstAsked);
    EXPECT_EQ(octets(first), row.before) << row.name;
    row.change(site_);
    EXPECT_EQ(cache.find(path, kFirstAsked + milliseconds(999)), first) << row.name;
    EXPECT_EQ(octets(cache.find(path, kFirstAsked + milliseconds(1000))), row.after) << row.name;
  }
}

TEST_F(FileCacheTest, ALargeFileThatChangesIsLoadedAtOnce) {
  site_.write("large", std::string(kLargest + 1, 'x'));
  FileCache cache(loader(), roomy());
  const Found first = cache.find("/large", kFirstAsked);
  ASSERT_EQ(first->kind, Kind::kFile);
  EXPECT_EQ(cache.find("/large", kFirstAsked), first);
  site_.write("large", std::string(kLargest + 1, 'y'));
  const Found second = cache.find("/large", kFirstAsked);
  ASSERT_EQ(second->kind, Kind::kFile) << "though it was changed just now";
  EXPECT_NE(second->etag, first->etag);
}

TEST_F(FileCacheTest, ALargeFileThatIsAppendedToIsServedAsItWasForASecond) {
  site_.write("log", std::string(kLargest + 1, 'x'));
  FileCache cache(loader(), roomy());
  const Found first = cache.find("/log", kFirstAsked);
  site_.append("log", "more");
  EXPECT_EQ(cache.find("/log", kFirstAsked + milliseconds(999)), first);
  const Found second = cache.find("/log", kFirstAsked + milliseconds(1000));
  ASSERT_EQ(second->kind, Kind::kFile);
  EXPECT_EQ(second->file->size(), kLargest + 5);
  EXPECT_NE(second->etag, first->etag);
}

TEST_F(FileCacheTest, AnUnchangedFileIsNotReadAgain) {
  FileCache cache(ResourceLoader("/etc", {}), roomy());
  const Found first = cache.find("/passwd", kFirstAsked);
  ASSERT_EQ(first->kind, Kind::kFile);
  EXPECT_EQ(cache.find("/passwd", kFirstAsked + std::chrono::hours(1)), first);
}

TEST_F(FileCacheTest, WhatCannotBeLoadedIsRememberedForATenthOfASecond) {
  site_.write("f", "one");
  FileCache cache(loader(), roomy());
  Found failed;
  {
    const NoDescriptors none;
    failed = cache.find("/f", kFirstAsked);
  }
  ASSERT_EQ(failed->kind, Kind::kUnavailable);
  EXPECT_EQ(cache.find("/f", kFirstAsked + milliseconds(99)), failed);
  EXPECT_EQ(octets(cache.find("/f", kFirstAsked + milliseconds(100))), "one");
}

TEST_F(FileCacheTest, AVersionThatIsWholeBeatsAnError) {
  site_.write("f", "one");
  FileCache cache(loader(), roomy());
  const Found first = cache.find("/f", kFirstAsked);
  site_.write("f", "two");
  {
    const NoDescriptors none;
    EXPECT_EQ(cache.find("/f", kFirstAsked + milliseconds(1000)), first);
  }
  EXPECT_EQ(octets(cache.find("/f", kFirstAsked + milliseconds(2000))), "two");
}

TEST_F(FileCacheTest, ANewSiteIsServedASecondLaterAtMost) {
  const struct {
    const char* name;
    void (*deploy)(const std::filesystem::path& directory);
    std::string after;
  } rows[] = {
      {"nothing", [](const std::filesystem::path&) {}, "old"},
      {"the link leads elsewhere",
       [](const std::filesystem::path& directory) {
         std::filesystem::create_directory_symlink("new", directory / "link");
         std::filesystem::rename(directory / "link", directory / "current");
       },
       "new"},
      {"the folder is replaced",
       [](const std::filesystem::path& directory) {
         std::filesystem::rename(directory / "old", directory / "older");
         std::filesystem::rename(directory / "new", directory / "old");
       },
       "new"},
      {"for the time being there is none",
       [](const std::filesystem::path& directory) { std::filesystem::remove(directory / "current"); }, "old"},
      {"it is a file",
       [](const std::filesystem::path& directory) {
         std::filesystem::remove(directory / "current");
         std::ofstream(directory / "current") << "a file";
       },
       "old"},
  };
  for (const auto& row : rows) {
    const TemporarySite sites;
    sites.write("old/f", "old");
    sites.write("new/f", "new");
    std::filesystem::create_directory_symlink("old", sites.directory() / "current");
    FileCache cache(ResourceLoader((sites.directory() / "current").string(), {}), roomy());
    EXPECT_EQ(octets(cache.find("/f", kFirstAsked)), "old") << row.name;
    row.deploy(sites.directory());
    EXPECT_EQ(octets(cache.find("/f", kFirstAsked + milliseconds(999))), "old") << row.name;
    EXPECT_EQ(cache.find("/g", kFirstAsked + milliseconds(999))->kind, Kind::kMissing) << row.name;
    sites.write("new/g", "new");
    sites.write("old/g", "new");
    EXPECT_EQ(octets(cache.find("/f", kFirstAsked + milliseconds(1000))), row.after) << row.name;
    EXPECT_EQ(octets(cache.find("/g", kFirstAsked + milliseconds(1000))),
              row.after == "new" ? "new" : "(none)")
        << row.name << ": found a millisecond ago, but in the old site";
  }
}

TEST_F(FileCacheTest, ARootThatIsGoneIsNoticedASecondLaterAtMost) {
  const TemporarySite sites;
  const std::filesystem::path root = sites.directory() / "site";
  const std::filesystem::path away = sites.directory() / "away";
  sites.write("site/f", "old");
  FileCache cache(ResourceLoader(root.string(), {}), roomy());
  const auto lost = [] { return metrics::read_metrics()[metrics::Counter::kRootLost]; };
  const std::uint64_t before = lost();
  const struct {
    const char* name;
    std::function<void()> change;
    bool there;
    std::uint64_t lost;
  } rows[] = {
      {"nothing", [] {}, true, 0},
      {"renamed", [&] { std::filesystem::rename(root, away); }, false, 1},
      {"still so", [] {}, false, 1},
      {"renamed back", [&] { std::filesystem::rename(away, root); }, true, 1},
      {"deleted", [&] { std::filesystem::remove_all(root); }, false, 2},
      {"a file", [&] { sites.write("site", "a file"); }, false, 2},
      {"another one", [&] { std::filesystem::remove(root), sites.write("site/f", "new"); }, true, 2},
  };
  TimePoint now = kFirstAsked;
  for (const auto& row : rows) {
    const bool earlier = cache.root_is_there(now);
    row.change();
    EXPECT_EQ(cache.root_is_there(now + milliseconds(999)), earlier) << row.name;
    now += milliseconds(1000);
    EXPECT_EQ(cache.root_is_there(now), row.there) << row.name;
    EXPECT_EQ(lost() - before, row.lost) << row.name;
  }
  EXPECT_EQ(octets(cache.find("/f", now)), "new");
}

TEST_F(FileCacheTest, APathThatManyThreadsWantIsLoadedOnce) {
  constexpr int kThreads = 4;
  constexpr int kPaths = 30;
  for (int i = 0; i < kPaths; ++i) site_.write(std::to_string(i), std::string(200'000, 'x'));
  FileCache cache(loader(), roomy());
  std::vector<std::vector<Found>> found(kThreads);
  std::barrier together(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : found) {
    threads.emplace_back([&] {
      for (int i = 0; i < kPaths; ++i) {
        together.arrive_and_wait();
        mine.push_back(cache.find("/" + std::to_string(i), kFirstAsked));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& mine : found) EXPECT_EQ(mine, found.front());
}

// Little room, files that change, time that passes: what is found is a version that was there.
TEST_F(FileCacheTest, ManyThreads) {
  constexpr int kPaths = 12;
  const auto version = [](int path, int number) {
    const std::size_t size = path % 4 == 0 ? kLargest + 1 : 500;  // Those stay on the disk.
    return std::string(size, static_cast<char>('a' + number % 26));
  };
  for (int path = 0; path < kPaths; ++path) site_.write(std::to_string(path), version(path, 0));
  FileCache cache(loader(), {.entries = 6, .open_files = 1});
  std::vector<std::thread> threads;
  for (int seed = 0; seed < 3; ++seed) {
    threads.emplace_back([&cache, seed] {
      for (int i = 0; i < 1500; ++i) {
        const Found found = cache.find("/" + std::to_string(i * (seed + 5) % (kPaths + 1)),
                                       kFirstAsked + milliseconds(i * 10));
        if (found->kind != Kind::kFile || !found->file->snapshot()) continue;
        const std::string_view text = *found->file->snapshot();
        EXPECT_EQ(text.size(), 500U);
        EXPECT_EQ(text.find_first_not_of(text.substr(0, 1)), std::string_view::npos);
      }
    });
  }
  for (int i = 1; i < 60; ++i) site_.replace(std::to_string(i % kPaths), version(i % kPaths, i));
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace pollux::files
