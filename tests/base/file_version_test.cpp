#include "base/file_version.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/time.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/output_queue.h"

namespace pollux {
namespace {

constexpr std::uint64_t kLarge = FileVersion::kSnapshotLimit + 3 * 1024 * 1024 + 17;

// A file of its own in a temporary folder, gone at the end of the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& octets) {
    fd_.reset(::mkstemp(path_));
    write(octets);
    backdate();
  }
  ~TemporaryFile() { ::unlink(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(const std::string& octets) const {
    ASSERT_EQ(::pwrite(fd_.get(), octets.data(), octets.size(), 0), static_cast<ssize_t>(octets.size()));
  }
  void truncate(std::uint64_t size) const { ASSERT_EQ(::ftruncate(fd_.get(), static_cast<off_t>(size)), 0); }
  // A file that was not changed just now is loaded without waiting.
  void backdate() const {
    const struct timespec times[2] = {{1000, 0}, {1000, 0}};
    ASSERT_EQ(::futimens(fd_.get(), times), 0);
  }
  [[nodiscard]] std::shared_ptr<const FileVersion> load() const {
    return FileVersion::load(UniqueFd(::open(path_, O_RDONLY | O_CLOEXEC)));
  }

 private:
  char path_[32] = "/tmp/pollux-file-XXXXXX";
  UniqueFd fd_;
};

std::string pattern(std::uint64_t size) {
  std::string octets(size, '\0');
  for (std::uint64_t i = 0; i < size; ++i) octets[i] = static_cast<char>('a' + (i * 7 + i / 4096) % 26);
  return octets;
}

// Everything the queue sends, as writev(2) in steps of `step` octets would; std::nullopt when a file broke.
std::optional<std::string> drain(OutputQueue& queue, std::size_t step) {
  std::string sent;
  while (!queue.empty()) {
    iovec iov[8];
    const auto count = queue.gather(iov);
    if (!count) return std::nullopt;
    std::size_t room = step;
    for (std::size_t i = 0; i < *count && room > 0; ++i) {
      const std::size_t taken = std::min(iov[i].iov_len, room);
      sent.append(static_cast<const char*>(iov[i].iov_base), taken);
      room -= taken;
    }
    queue.consume(step - room);
  }
  return sent;
}

TEST(FileVersion, ASmallFileIsASnapshotThatOutlivesEveryChange) {
  const TemporaryFile file("hello, twin");
  const auto version = file.load();
  ASSERT_TRUE(version);
  file.truncate(3);
  file.write("XXXX");
  EXPECT_EQ(version->snapshot(), "hello, twin");
  EXPECT_EQ(version->size(), 11U);
}

TEST(FileVersion, AFileChangedRightNowIsLoadedAfterItSettled) {
  const TemporaryFile file("one");
  file.write("two");
  const auto version = file.load();
  ASSERT_TRUE(version);
  EXPECT_EQ(version->snapshot(), "two");
}

TEST(FileVersion, AnEmptyFileAndAFutureDateLoad) {
  const TemporaryFile empty("");
  EXPECT_EQ(empty.load()->snapshot(), "");
}

TEST(FileVersion, AReadErrorIsReported) {
  EXPECT_EQ(FileVersion::load(UniqueFd(::open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC))), nullptr);
}

TEST(OutputQueue, SendsOctetsAndSlicesInTheirOrder) {
  const std::string large = pattern(kLarge);
  const TemporaryFile big(large);
  const TemporaryFile small("small file");
  for (const std::size_t step : {1000U, 4096U, 65'537U, 10'000'000U}) {
    OutputQueue queue;
    queue.append("head1|");
    queue.append(big.load(), 0, kLarge);
    queue.append("head2|");
    queue.append("more|");
    queue.append(small.load(), 2, 5);
    queue.append(big.load(), kLarge - 5, 5);
    queue.append(big.load(), 12'345, 100'000);
    queue.append("end");
    const std::string expected = "head1|" + large + "head2|more|all f" + large.substr(kLarge - 5) +
                                 large.substr(12'345, 100'000) + "end";
    EXPECT_EQ(queue.size(), expected.size());
    EXPECT_EQ(drain(queue, step), expected) << step;
    EXPECT_EQ(queue.consumed(), expected.size());
    queue.release();
  }
}

TEST(OutputQueue, ALargeFileThatChangesIsNeverSentWhole) {
  const std::string large = pattern(kLarge);
  const struct {
    const char* name;
    void (*change)(const TemporaryFile&);
  } cases[] = {
      {"one octet rewritten in place", [](const TemporaryFile& f) { f.write("X"); }},
      {"cut in the middle of the last page", [](const TemporaryFile& f) { f.truncate(kLarge - 9); }},
      {"grown", [](const TemporaryFile& f) { f.truncate(kLarge + 1); }},
      {"cut and grown back", [](const TemporaryFile& f) { f.truncate(kLarge - 9), f.truncate(kLarge); }},
  };
  for (const auto& c : cases) {
    const TemporaryFile file(large);
    OutputQueue queue;
    queue.append(file.load(), 0, kLarge);
    iovec iov[8];
    ASSERT_EQ(queue.gather(iov), 1U);
    queue.consume(iov[0].iov_len);
    c.change(file);
    EXPECT_EQ(drain(queue, 1 << 20), std::nullopt) << c.name;
  }
}

TEST(OutputQueue, WhatStandsBeforeABrokenFileIsStillSent) {
  const TemporaryFile file(pattern(kLarge));
  OutputQueue queue;
  queue.append("head");
  queue.append(file.load(), 0, 100);  // Short enough to be all tail.
  file.truncate(0);
  iovec iov[8];
  ASSERT_EQ(queue.gather(iov), 1U);
  EXPECT_EQ(iov[0].iov_len, 4U);
  queue.consume(4);
  EXPECT_EQ(queue.gather(iov), std::nullopt);
}

}  // namespace
}  // namespace pollux
