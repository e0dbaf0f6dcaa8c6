#include "base/buffer.h"

#include <gtest/gtest.h>

#include <random>
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

TEST(Buffer, RefusesToPassFourGiB) {
  Buffer buffer;
  buffer.append("x");
  EXPECT_THROW((void)buffer.prepare(0xFFFF'FFFFULL), std::length_error);
}

}  // namespace
}  // namespace pollux
