#include "base/ip_network.h"

#include <gtest/gtest.h>

namespace pollux {
namespace {

TEST(IpNetwork, Contains) {
  const struct {
    const char* network;
    const char* address;
    bool inside;
  } rows[] = {
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.6", false},
      {"192.0.2.7", "::ffff:192.0.2.7", true},  // The same, as a socket for both kinds writes it.
      {"192.0.2.7", "::192.0.2.7", false},
      {"10.0.0.0/8", "10.255.1.2", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.1.2.3/8", "10.255.1.2", true},
      {"192.0.2.128/25", "192.0.2.128", true},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"192.0.2.0/31", "192.0.2.1", true},
      {"192.0.2.0/31", "192.0.2.2", false},
      {"0.0.0.0/0", "203.0.113.1", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "203.0.113.1", true},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"2001:DB8::1", "2001:db8:0:0::1", true},
  };
  for (const auto& row : rows) {
    const auto network = IpNetwork::parse(row.network);
    const auto address = IpAddress::parse(row.address);
    ASSERT_TRUE(network && address) << row.network << " " << row.address;
    EXPECT_EQ(network->contains(*address), row.inside) << row.network << " " << row.address;
  }
}

TEST(IpNetwork, IsNotMadeOfNonsense) {
  for (const char* text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/8/8", "::/129",
        "10.0.0", "example.org", "[::1]", "::1%lo", "127.0.0.1:80", " 127.0.0.1"}) {
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
  }
}

TEST(IpAddress, Loopback) {
  for (const char* text : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(IpAddress::parse(text)->is_loopback()) << text;
  for (const char* text : {"128.0.0.1", "0.0.0.0", "::", "::2", "::7f00:1", "::ffff:10.0.0.1"})
    EXPECT_FALSE(IpAddress::parse(text)->is_loopback()) << text;
}

TEST(IpAddress, NetworkThatAClientIsCountedBy) {
  const struct {
    const char* address;
    std::uint64_t network;
  } rows[] = {
      {"0.0.0.0", 0},
      {"192.0.2.7", 0xC0000207},
      {"::ffff:192.0.2.7", 0xC0000207},
      {"2001:db8:1:2::", 0x20010DB800010002},
      {"2001:db8:1:2:ffff:ffff:ffff:ffff", 0x20010DB800010002},
      {"2001:db8:1:3::1", 0x20010DB800010003},
      {"::1", 0},
  };
  for (const auto& row : rows)
    EXPECT_EQ(IpAddress::parse(row.address)->network(), row.network) << row.address;
}

TEST(ClientKey, IsTheAddressOrTheNetwork) {
  struct Case {
    std::string_view one;
    std::string_view other;
    bool same;
  };
  const Case cases[] = {
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.8", false},
      {"192.0.2.7", "::ffff:192.0.2.7", true},
      {"2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true},
      {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
      {"::1", "127.0.0.1", false},
      {"", "192.0.2.7", false},
      {"unix", "unix", true},
      {"unix", "other", false},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(client_key(row.one) == client_key(row.other), row.same) << row.one << " " << row.other;
  }
  EXPECT_EQ(client_key(""), "");
}

}  // namespace
}  // namespace pollux
