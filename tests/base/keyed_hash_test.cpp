#include "base/keyed_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace pollux {
namespace {

// What `openssl mac -macopt c-rounds:1 -macopt d-rounds:3 -macopt size:8 … SIPHASH` says to the octets 0, 1,
// 2 … and the key 00 01 … 0f; the value is read as little-endian.
TEST(KeyedHash, IsSipHash13) {
  const struct {
    std::size_t length;
    std::uint64_t hash;
  } rows[] = {
      {0, 0xABAC0158050FC4DC},  {1, 0xC9F49BF37D57CA93},   {7, 0xD3927D989BB11140},  {8, 0x369095118D299A8E},
      {9, 0x25A48EB36C063DE4},  {15, 0xD320D86D2A519956},  {16, 0xCC4FDD1A7D908B66}, {20, 0xC0DC2F46A6CCE040},
      {63, 0x9D199062B7BBB3A8}, {256, 0x75B3E64E167DE370},
  };
  const KeyedHash hash(0x0706050403020100, 0x0F0E0D0C0B0A0908);
  for (const auto& row : rows) {
    std::string octets;
    for (std::size_t i = 0; i < row.length; ++i) octets += static_cast<char>(i);
    EXPECT_EQ(hash(octets), row.hash) << row.length;
  }
}

TEST(KeyedHash, EachTableHasItsOwnSecret) {
  const KeyedHash one;
  const KeyedHash other;
  EXPECT_EQ(one("/index.html"), one("/index.html"));
  EXPECT_NE(one("/index.html"), other("/index.html"));
}

}  // namespace
}  // namespace pollux
