#include "base/file_version.h"

#include <gtest/gtest.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
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

// Too short for any tick to end in between: a log that is appended to all the time has no other moment.
TEST(FileVersion, ALargeFileThatGrowsIsLoadedInTheTickOfItsLastChange) {
  const TemporaryFile file(pattern(kLarge));
  for (bool same_tick = false; !same_tick;) {
    file.write("more", kLarge);
    UniqueFd fd = file.open();
    if (FileVersion::load(fd) || errno != EAGAIN) continue;  // The tick was over.
    EXPECT_EQ(FileVersion::load(fd, Sendfile::kOff, kLarge + 4), nullptr) << "it has not grown";
    const auto version = FileVersion::load(fd, Sendfile::kOff, kLarge + 3);
    same_tick = version != nullptr && !version->settled();
  }
}

TEST(FileVersion, ASmallFileThatGrowsAllTheTimeIsLoaded) {
  const std::string octets = pattern(FileVersion::kSnapshotLimit - 60'000);
  const TemporaryFile file(octets);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (off_t more = 0; more < 60'000; ++more) file.write("m", static_cast<off_t>(octets.size()) + more);
    done = true;
  });
  while (!done) {
    const auto version = file.load();
    EXPECT_TRUE(version && version->snapshot()->starts_with(octets)) << std::strerror(errno);
  }
  writer.join();
}

TEST(FileVersion, AnEmptyFileLoads) {
  const TemporaryFile empty("");
  EXPECT_EQ(empty.load()->snapshot(), "");
}

TEST(FileVersion, AReadErrorIsReported) {
  UniqueFd directory(::open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_EQ(FileVersion::load(directory), nullptr);
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
      {"grown", [](const TemporaryFile& f) { f.truncate(kLarge + 1); }, true},
      {"appended to", [](const TemporaryFile& f) { f.write("more", kLarge); }, true},
      {"appended to, and its old date given back",
       [](const TemporaryFile& f) { f.write("more", kLarge), f.backdate(); }, true},
      {"rewritten by something longer",
       [](const TemporaryFile& f) { f.rewrite(pattern(kLarge / 2) + std::string(kLarge, 'X')); }, false},
      {"its end rewritten, and appended to", [](const TemporaryFile& f) { f.write("XX", kLarge - 1); },
       false},
      {"cut, and grown beyond what it was",
       [](const TemporaryFile& f) { f.truncate(kLarge - 9), f.truncate(kLarge + 9); }, false},
      {"other permissions", [](const TemporaryFile& f) { f.change_mode(); }, true},
      {"given to its owner", [](const TemporaryFile& f) { f.change_owner(); }, true},
      {"one more link", [](const TemporaryFile& f) { f.link(); }, true},
      {"renamed", [](const TemporaryFile& f) { f.rename(); }, true},
      {"renamed, and rewritten", [](const TemporaryFile& f) { f.rename(), f.write("X"); }, false},
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

// The first octet is changed and then the last one, so at any instant the first one is the last one or its
// successor. Many such changes are made within one tick.
TEST(FileVersion, ASnapshotIsNeverOfTwoVersions) {
  constexpr std::size_t kSize = 256 * 1024;
  const TemporaryFile file(std::string(kSize, '\0'));
  std::atomic<bool> done{false};
  std::thread writer([&] {
    // On a busy machine a pause takes long; then there are fewer of them.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    for (int version = 1; version < 3000 && std::chrono::steady_clock::now() < end; ++version) {
      const std::string octet(1, static_cast<char>(version));
      file.write(octet);
      file.write(octet, kSize - 1);
      for (int i = 0; i < version % 256; ++i) std::this_thread::yield();  // Pauses of many lengths.
    }
    done = true;
  });
  while (!done) {
    const auto version = file.load();
    if (!version) continue;  // Changed at every attempt.
    const auto first = static_cast<unsigned char>(version->snapshot()->front());
    const auto last = static_cast<unsigned char>(version->snapshot()->back());
    EXPECT_LE(static_cast<unsigned char>(first - last), 1) << int{first} << " " << int{last};
  }
  writer.join();
}

}  // namespace
}  // namespace pollux
