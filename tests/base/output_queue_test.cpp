// gather() for writev(2) and sendfile(2), and take() for what is encrypted first must send the same.
#include "base/output_queue.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/base/temporary_file.h"

namespace pollux {
namespace {

using Shared = std::shared_ptr<const std::string>;
using Part = std::optional<std::string>;  // std::nullopt: a file broke.

ssize_t send_slice(int to, const OutputQueue::FilePiece& slice, std::size_t step) {
  auto offset = static_cast<off_t>(slice.offset);
  return ::sendfile(to, slice.fd, &offset, std::min<std::uint64_t>(slice.length, step));
}

// At most `step` octets into a file in memory. Only the kernel may look into a mapping.
Part gather_once(OutputQueue& queue, std::size_t step) {
  std::array<iovec, 8> iov{};
  const auto next = queue.gather(iov);
  if (!next) return std::nullopt;
  std::size_t room = step;
  for (std::size_t i = 0; i < next->pieces; ++i) room -= iov[i].iov_len = std::min(iov[i].iov_len, room);
  const UniqueFd to(::memfd_create("sent", MFD_CLOEXEC));
  const ssize_t written = next->pieces > 0 ? ::writev(to.get(), iov.data(), static_cast<int>(next->pieces))
                                           : send_slice(to.get(), next->file.value(), step);
  if (next->pieces == 0 && written <= 0) {
    queue.copy_slice();
    return gather_once(queue, step);
  }
  if (written < 0) return std::nullopt;  // EFAULT: cut off.
  std::string sent(static_cast<std::size_t>(written), '\0');
  EXPECT_EQ(::pread(to.get(), sent.data(), sent.size(), 0), written);
  queue.consume(sent.size());
  return sent;
}

Part take_once(OutputQueue& queue, std::size_t step) {
  std::string taken(step, '\0');
  const auto count = queue.take(taken);
  if (!count) return std::nullopt;
  taken.resize(*count);
  return taken;
}

const struct Way {
  const char* name;
  Part (*once)(OutputQueue&, std::size_t step);
  Sendfile sendfile = Sendfile::kOff;
} kWays[] = {{"gather", gather_once}, {"take", take_once}, {"sendfile", gather_once, Sendfile::kOn}};

Part drain(OutputQueue& queue, const Way& way, std::size_t step) {
  std::string sent;
  while (!queue.empty()) {
    const Part part = way.once(queue, step);
    if (!part) return std::nullopt;
    EXPECT_FALSE(part->empty()) << "it would go on for ever";
    if (part->empty()) return std::nullopt;
    sent += *part;
  }
  return sent;
}

struct Slice {
  const TemporaryFile* file;
  std::uint64_t offset;
  std::uint64_t length;
};

class OutputQueueTest : public ::testing::Test {
 protected:
  const std::string large_ = pattern(kLarge);
  const TemporaryFile big_{large_};
  const TemporaryFile small_{"small file"};
};

TEST_F(OutputQueueTest, SendOctetsAndSlicesInTheirOrder) {
  const auto shared = std::make_shared<const std::string>(pattern(70'000));
  const struct {
    const char* name;
    std::vector<std::variant<std::string, Slice, Shared>> parts;
    std::string expected;
  } rows[] = {
      {"nothing", {}, ""},
      {"nothing, several times", {"", Slice{&small_, 3, 0}, Slice{&big_, 3, 0}, ""}, ""},
      {"octets", {"one", "two"}, "onetwo"},
      {"octets that are shared", {Shared(shared), "|", Shared(shared)}, *shared + "|" + *shared},
      {"between others", {"one", Shared(shared), Slice{&small_, 0, 5}}, "one" + *shared + "small"},
      {"a small file", {Slice{&small_, 0, 10}}, "small file"},
      {"parts of a small file", {Slice{&small_, 6, 4}, "|", Slice{&small_, 0, 5}}, "file|small"},
      {"a large file", {"head", Slice{&big_, 0, kLarge}}, "head" + large_},
      {"its end", {Slice{&big_, kLarge - 5, 5}, "end"}, large_.substr(kLarge - 5) + "end"},
      {"from the middle of a page, across windows",
       {Slice{&big_, 12'345, 700'000}, "|", Slice{&big_, 0, 1}},
       large_.substr(12'345, 700'000) + "|" + large_.substr(0, 1)},
      {"all of them",
       {"h1|", Slice{&big_, 0, kLarge}, "h2|", "more|", Slice{&small_, 2, 5}, Slice{&big_, 99, 100'000}, "."},
       "h1|" + large_ + "h2|more|all f" + large_.substr(99, 100'000) + "."},
  };
  for (const auto& row : rows) {
    for (const Way& way : kWays) {
      for (const std::size_t step : {1000U, 4096U, 16'384U, 65'537U, 10'000'000U}) {
        OutputQueue queue;
        for (const auto& part : row.parts) {
          if (const auto* octets = std::get_if<std::string>(&part)) {
            queue.append(*octets);
          } else if (const auto* whole = std::get_if<Shared>(&part)) {
            queue.append(*whole);
          } else {
            const Slice slice = std::get<Slice>(part);
            queue.append(slice.file->load(way.sendfile), slice.offset, slice.length);
          }
        }
        EXPECT_EQ(queue.size(), row.expected.size()) << row.name;
        EXPECT_TRUE(drain(queue, way, step) == row.expected) << row.name << ", " << way.name << " " << step;
        EXPECT_EQ(queue.consumed(), row.expected.size()) << row.name;
        EXPECT_EQ(queue.segments(), 0U) << row.name;
        queue.release();
      }
    }
  }
}

// Between the first part that is sent and the rest, the file changes.
TEST_F(OutputQueueTest, NeverCompleteALargeFileThatChanges) {
  const struct {
    const char* name;
    void (*change)(const TemporaryFile&);
    bool completes;
  } rows[] = {
      {"nothing", [](const TemporaryFile&) {}, true},
      {"one octet rewritten in place", [](const TemporaryFile& f) { f.write("X"); }, false},
      {"rewritten, and its old date given back", [](const TemporaryFile& f) { f.write("X"), f.backdate(); },
       false},
      {"cut in the middle of the last page", [](const TemporaryFile& f) { f.truncate(kLarge - 9); }, false},
      {"cut to nothing", [](const TemporaryFile& f) { f.truncate(0); }, false},
      {"grown", [](const TemporaryFile& f) { f.truncate(kLarge + 1); }, true},
      {"appended to", [](const TemporaryFile& f) { f.write("more", kLarge); }, true},
      {"rewritten by something longer",
       [](const TemporaryFile& f) { f.rewrite(pattern(kLarge / 2) + std::string(kLarge, 'X')); }, false},
      {"renamed", [](const TemporaryFile& f) { f.rename(); }, true},
      {"cut and grown back", [](const TemporaryFile& f) { f.truncate(9), f.truncate(kLarge); }, false},
      {"replaced: its name leads to another file", [](const TemporaryFile& f) { f.replace("another"); },
       true},
      {"deleted", [](const TemporaryFile& f) { f.remove(); }, true},
  };
  for (const auto& row : rows) {
    for (const Way& way : kWays) {
      const TemporaryFile file(large_);
      OutputQueue queue;
      queue.append(file.load(way.sendfile), 0, kLarge);
      const Part first = way.once(queue, 16'384);
      ASSERT_TRUE(first && *first == large_.substr(0, first->size())) << row.name;
      row.change(file);
      const Part rest = drain(queue, way, 65'536);
      EXPECT_EQ(rest.has_value(), row.completes) << row.name << ", " << way.name;
      EXPECT_TRUE(!rest || *first + *rest == large_) << row.name << ", " << way.name;
    }
  }
}

// A client that is always a message behind.
TEST_F(OutputQueueTest, AQueueThatIsNeverEmptyKeepsNothingOfWhatWasSent) {
  const auto shared = std::make_shared<const std::string>("shared");
  OutputQueue queue;
  queue.append("head");
  queue.append(shared);
  for (int i = 0; i < 100'000; ++i) {
    queue.append("head");
    queue.append(shared);
    ASSERT_EQ(take_once(queue, 10), "headshared");
  }
  EXPECT_LE(queue.memory(), 1024U);
  EXPECT_EQ(queue.segments(), 2U);
}

TEST_F(OutputQueueTest, TrimGivesBackTheMemoryOfALargeAnswer) {
  OutputQueue queue;
  for (int i = 0; i < 1000; ++i) {
    queue.append(pattern(1000));
    queue.append(small_.load(), 0, 10);
  }
  EXPECT_GE(queue.memory(), 1'000'000U);
  queue.trim();
  EXPECT_GE(queue.memory(), 1'000'000U);
  ASSERT_TRUE(drain(queue, kWays[0], 65'536));
  queue.trim();
  EXPECT_EQ(queue.memory(), 0U);
}

TEST_F(OutputQueueTest, WhatIsLentStaysWhateverIsAppended) {
  OutputQueue queue;
  queue.append(pattern(100));
  queue.append(big_.load(), 0, 1000);
  std::array<iovec, 8> iov{};
  const auto next = queue.gather(iov);
  ASSERT_TRUE(next && next->pieces == 2);
  queue.lend();
  for (int i = 0; i < 300; ++i) queue.append(pattern(1000));
  queue.unmap();
  queue.trim();
  const auto octets = [&iov](std::size_t i) {
    return std::string(static_cast<const char*>(iov[i].iov_base), iov[i].iov_len);
  };
  EXPECT_EQ(octets(0), pattern(100));
  EXPECT_EQ(octets(1).substr(0, 1000), large_.substr(0, 1000));
  queue.consume(1100);
  std::string rest;
  for (int i = 0; i < 300; ++i) rest += pattern(1000);
  EXPECT_EQ(drain(queue, kWays[0], 65'536), rest);
}

TEST_F(OutputQueueTest, ASmallFileIsSentWholeWhateverBecomesOfIt) {
  for (const Way& way : kWays) {
    const TemporaryFile file("0123456789");
    OutputQueue queue;
    queue.append(file.load(), 0, 10);
    EXPECT_EQ(way.once(queue, 4), "0123") << way.name;
    file.truncate(0);
    EXPECT_EQ(drain(queue, way, 4), "456789") << way.name;
  }
}

// What goes by sendfile(2), and what does not.
TEST_F(OutputQueueTest, LongSlicesOfFilesThatMayBeSentSo) {
  constexpr std::uint64_t kLong = FileVersion::kSendfileFrom;
  const auto off = big_.load(), on = big_.load(Sendfile::kOn);
  const auto automatic = big_.load(Sendfile::kAuto);  // It can be written.
  const struct {
    const char* name;
    std::shared_ptr<const FileVersion> file;
    std::uint64_t length;
    bool by_sendfile;
  } rows[] = {{"off", off, kLong, false},
              {"auto", automatic, kLong, false},
              {"on", on, kLong, true},
              {"short", on, kLong - 1, false},
              {"small and just changed", TemporaryFile(pattern(kLong)).load(Sendfile::kOn), kLong, false}};
  for (const auto& row : rows) {
    OutputQueue queue;
    queue.append("head");
    queue.append(row.file, 7, row.length);
    std::array<iovec, 8> iov{};
    const auto next = queue.gather(iov);
    ASSERT_TRUE(next) << row.name;
    EXPECT_EQ(next->pieces, row.by_sendfile ? 1U : 2U) << row.name;
    EXPECT_EQ(next->file.has_value(), row.by_sendfile) << row.name;
    if (next->file) {
      EXPECT_EQ(next->file->offset, 7U);
      EXPECT_EQ(next->file->length, row.length);
    }
  }
}

TEST_F(OutputQueueTest, ASlicesRestComesFromTheSnapshotOnceItsFileHasChanged) {
  const std::string octets = pattern(200'000);
  const struct {
    const char* name;
    void (*change)(const TemporaryFile&);
    int open_as;
  } rows[] = {
      {"nothing", [](const TemporaryFile&) {}, O_RDONLY},
      {"the kernel refuses", [](const TemporaryFile&) {}, O_WRONLY},
      {"rewritten", [](const TemporaryFile& f) { f.write(std::string(200'000, 'X')); }, O_RDONLY},
      {"cut", [](const TemporaryFile& f) { f.truncate(1); }, O_RDONLY},
      {"replaced", [](const TemporaryFile& f) { f.replace("another"); }, O_RDONLY},
  };
  for (const auto& row : rows) {
    const TemporaryFile file(octets);
    OutputQueue queue;
    queue.append(file.load_sendable(file.open(row.open_as)), 0, octets.size());
    queue.append("|");
    const Part first = gather_once(queue, 50'000);
    row.change(file);
    const Part rest = drain(queue, kWays[0], 65'536);
    ASSERT_TRUE(first && rest) << row.name;
    EXPECT_TRUE(*first + *rest == octets + "|") << row.name;
  }
}

TEST_F(OutputQueueTest, SendWhatStandsBeforeABrokenFile) {
  for (const Way& way : kWays) {
    const TemporaryFile file(large_);
    OutputQueue queue;
    queue.append("head");
    queue.append(file.load(), 0, 100);  // Short enough to be all tail.
    file.truncate(0);
    EXPECT_EQ(way.once(queue, 1000), "head") << way.name;
    EXPECT_EQ(way.once(queue, 1000), std::nullopt) << way.name;
  }
}

}  // namespace
}  // namespace pollux
