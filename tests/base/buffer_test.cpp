#include "base/buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>
#include <stdexcept>
#include <string>

namespace pollux {
namespace {

TEST(Buffer, BehavesLikeAStringWhateverTheSizes) {
  std::mt19937 random(1);
  Buffer buffer;
  std::string model;
  for (int step = 0; step < 50'000; ++step) {
    if (random() % 2 == 0) {
      const std::string octets(random() % 300, static_cast<char>('a' + random() % 26));
      buffer.append(octets);
      model += octets;
    } else {
      const std::size_t octets = model.empty() ? 0 : random() % (model.size() + 1);
      buffer.consume(octets);
      model.erase(0, octets);
    }
    ASSERT_EQ(buffer.readable(), model);
  }
}

TEST(Buffer, ConsumingLeavesViewsValid) {
  Buffer buffer;
  buffer.append("GET / HTTP/1.1\r\n");
  const std::string_view line = buffer.readable();
  buffer.consume(line.size());
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(line, "GET / HTTP/1.1\r\n");
}

TEST(Buffer, ReusesItsMemoryForAStreamOfAnyLength) {
  Buffer buffer;
  for (int i = 0; i < 100'000; ++i) {
    buffer.append("0123456789");
    buffer.consume(i % 3 == 0 ? 5 : 10);
    if (buffer.size() > 100) buffer.consume(buffer.size());
  }
  EXPECT_LE(buffer.capacity(), 2048U);
  buffer.consume(buffer.size());
  buffer.release();
  EXPECT_EQ(buffer.capacity(), 0U);
}

// Asks for room and commits some of it. Returns the octets copied: content that is elsewhere afterwards.
std::size_t grow(Buffer& buffer, std::size_t asked, std::size_t committed) {
  const std::string_view before = buffer.readable();
  const std::span<char> room = buffer.prepare(asked);
  const bool moved = buffer.readable().data() != before.data();
  std::fill_n(room.begin(), committed, 'x');
  buffer.commit(committed);
  return moved ? before.size() : 0;
}

TEST(Buffer, GrowingCostsConstantTimeForEachOctetAndAQuarterOfRoom) {
  constexpr std::size_t kMi = 1024 * 1024;
  const struct {
    const char* name;
    std::size_t asked;
    std::size_t committed;
    std::size_t total;
    std::size_t kept;  // Octets; what is beyond is consumed.
  } rows[] = {
      {"an octet at a time", 1, 1, 3 * kMi, 3 * kMi},
      {"a TCP segment at a time", 1460, 1460, 8 * kMi, 8 * kMi},
      {"a drip into the room of a read", 2048, 1, kMi, kMi},
      {"a full socket at a time", 64 * 1024, 64 * 1024, 8 * kMi, 8 * kMi},
      {"a TLS record at a time, less than asked for", 17'000, 16'000, 8 * kMi, 8 * kMi},
      {"all at once", 8 * kMi, 8 * kMi, 8 * kMi, 8 * kMi},
      {"a window that slides, nearly all of a small buffer", 100, 100, kMi, 16'300},
      {"a large one that slides", 1000, 1000, 8 * kMi, kMi},
  };
  for (const auto& row : rows) {
    Buffer buffer;
    std::size_t copied = 0;
    std::size_t received = 0;
    while (received < row.total) {
      copied += grow(buffer, row.asked, row.committed);
      received += row.committed;
      const std::size_t content = buffer.size();
      const std::size_t wanted = content - row.committed + row.asked;
      const std::size_t fair = std::max({Buffer::kSmall, content + content / 4, wanted + content / 8});
      ASSERT_LE(buffer.capacity(), fair) << row.name << ", content " << content;
      if (content > row.kept) buffer.consume(content - row.kept);
    }
    EXPECT_LE(copied, 9 * received) << row.name;
  }
}

TEST(Buffer, WipesAllButWhatIsReadable) {
  Buffer buffer;
  buffer.append("secret, open");
  const std::string_view all = buffer.readable();
  buffer.consume(8);
  const std::span<char> room = buffer.prepare(8);
  std::fill(room.begin(), room.end(), 's');
  buffer.wipe();
  EXPECT_EQ(all, std::string(8, '\0') + "open");
  EXPECT_EQ(std::string(room.begin(), room.end()), std::string(room.size(), '\0'));
  Buffer().wipe();
}

TEST(Buffer, TrimGivesBackWhatIsNotUsed) {
  constexpr std::size_t kSmall = Buffer::kSmall;
  const struct {
    const char* name;
    std::size_t received;
    std::size_t left;
    std::size_t capacity;
  } rows[] = {
      {"nothing", 0, 0, 0},
      {"a small one is kept", kSmall, 0, kSmall},
      {"a large one that is empty", kSmall + 1, 0, 0},
      {"all of it is used", 100'000, 100'000, 100'000},
      {"half of it is used", 100'000, 50'000, 100'000},
      {"less than half of it is used", 100'000, 49'999, 49'999},
      {"an octet", 100'000, 1, 1},
  };
  for (const auto& row : rows) {
    Buffer buffer;
    buffer.append(std::string(row.received - row.left, 'c') + std::string(row.left, 'l'));
    buffer.consume(row.received - row.left);
    buffer.trim();
    EXPECT_EQ(buffer.capacity(), row.capacity) << row.name;
    EXPECT_EQ(buffer.readable(), std::string(row.left, 'l')) << row.name;
  }
}

TEST(Buffer, WhatIsPinnedStaysWhereItIsWhateverIsAppended) {
  for (const std::size_t consumed : {std::size_t{0}, std::size_t{300}}) {
    Buffer buffer;
    buffer.append(std::string(400, 'a'));
    buffer.consume(consumed);
    const std::string_view lent = buffer.readable();
    buffer.pin();
    for (int i = 0; i < 300; ++i) buffer.append(std::string(400, 'b'));
    buffer.trim();
    EXPECT_EQ(lent, std::string(400 - consumed, 'a'));
    EXPECT_EQ(buffer.readable(), std::string(400 - consumed, 'a') + std::string(300 * 400UL, 'b'));
    buffer.unpin();
    buffer.consume(400 - consumed);
    EXPECT_EQ(buffer.readable(), std::string(300 * 400UL, 'b'));
  }
}

TEST(Buffer, RefusesToPassFourGiB) {
  Buffer buffer;
  buffer.append("x");
  EXPECT_THROW((void)buffer.prepare(0xFFFF'FFFFULL), std::length_error);
}

}  // namespace
}  // namespace pollux
