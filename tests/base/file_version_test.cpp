#include "base/file_version.h"

#include <gtest/gtest.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>

#include "tests/base/temporary_file.h"

namespace pollux {
namespace {

TEST(FileVersion, ASmallFileIsASnapshotThatOutlivesEveryChange) {
  const TemporaryFile file("hello, twin");
  const auto version = file.load();
  ASSERT_TRUE(version);
  file.truncate(3);
  file.write("XXXX");
  EXPECT_EQ(version->snapshot(), "hello, twin");
  EXPECT_EQ(version->size(), 11U);
}

TEST(FileVersion, ASmallFileChangedRightNowIsLoadedAtOnceAndNotSettled) {
  const TemporaryFile file("one");
  file.write("two");
  const auto version = file.load();
  ASSERT_TRUE(version);
  EXPECT_EQ(version->snapshot(), "two");
  EXPECT_FALSE(version->settled());
  file.backdate();
  EXPECT_FALSE(file.load()->settled()) << "whatever date it is given";
}

TEST(FileVersion, AFileThatWasNotChangedLatelyIsSettled) {
  UniqueFd fd(::open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  const auto version = FileVersion::load(fd);
  ASSERT_TRUE(version);
  EXPECT_TRUE(version->settled());
}

TEST(FileVersion, ALargeFileIsLoadedWhenTheTickOfItsLastChangeIsOver) {
  const TemporaryFile file(pattern(kLarge));
  file.backdate();
  const auto version = file.load();
  ASSERT_TRUE(version);
  EXPECT_TRUE(version->settled());
  struct timespec now {};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  const struct timespec changed = version->status().st_ctim;
  EXPECT_TRUE(now.tv_sec > changed.tv_sec || (now.tv_sec == changed.tv_sec && now.tv_nsec > changed.tv_nsec));
}

TEST(FileVersion, AnEmptyFileLoads) {
  const TemporaryFile empty("");
  EXPECT_EQ(empty.load()->snapshot(), "");
}

TEST(FileVersion, AReadErrorIsReported) {
  UniqueFd folder(::open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_EQ(FileVersion::load(folder), nullptr);
  EXPECT_EQ(errno, EISDIR);
}

TEST(FileVersion, WhatMakesALargeFileAnotherVersion) {
  const std::string large = pattern(kLarge);
  const struct {
    const char* name;
    void (*change)(const TemporaryFile&);
    bool unchanged;
  } rows[] = {
      {"nothing", [](const TemporaryFile&) {}, true},
      {"one octet rewritten in place", [](const TemporaryFile& f) { f.write("X"); }, false},
      {"rewritten, and its old date given back", [](const TemporaryFile& f) { f.write("X"), f.backdate(); },
       false},
      {"cut", [](const TemporaryFile& f) { f.truncate(kLarge - 9); }, false},
      {"grown", [](const TemporaryFile& f) { f.truncate(kLarge + 1); }, false},
      {"other permissions", [](const TemporaryFile& f) { f.change_mode(); }, false},
      {"deleted", [](const TemporaryFile& f) { f.remove(); }, true},
      {"rewritten and deleted", [](const TemporaryFile& f) { f.write("X"), f.remove(); }, false},
  };
  for (const auto& row : rows) {
    const TemporaryFile file(large);
    const auto version = file.load();
    ASSERT_TRUE(version && !version->snapshot());
    row.change(file);
    EXPECT_EQ(version->unchanged(), row.unchanged) << row.name;
    std::array<char, 16> octets{};
    EXPECT_TRUE(version->read(100, octets, false)) << row.name;
    EXPECT_EQ(std::string(octets.data(), octets.size()), large.substr(100, 16)) << row.name;
    EXPECT_EQ(version->read(100, octets, true), row.unchanged) << row.name;
  }
}

// Rewritten all the time without a pause, so within one tick, too: each snapshot is one version. A version
// is told by its octets, which are all the same; it is written a page at a time.
TEST(FileVersion, ASnapshotIsNeverOfTwoVersions) {
  constexpr std::size_t kPage = 4096;
  constexpr std::size_t kPages = 64;
  const TemporaryFile file(std::string(kPage * kPages, 'a'));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (char version = 'b'; !stop; version = version == 'z' ? 'a' : static_cast<char>(version + 1)) {
      const std::string octets(kPage * kPages, version);
      file.truncate(0);
      file.write(octets);
    }
  });
  int loaded = 0;
  for (int i = 0; i < 300; ++i) {
    const auto version = file.load();
    if (!version) continue;  // Changed at every attempt.
    ++loaded;
    const std::string_view octets = *version->snapshot();
    EXPECT_EQ(octets.find_first_not_of(octets.substr(0, 1)), std::string_view::npos);
  }
  stop = true;
  writer.join();
  RecordProperty("loaded", loaded);
}

}  // namespace
}  // namespace pollux
