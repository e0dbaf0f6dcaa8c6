#include "net/address_limit.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace pollux::net {
namespace {

SocketAddress at(const std::string& host) { return SocketAddress::parse(host + ":80").value(); }

TEST(AddressLimit, WhoCountsAsOne) {
  const struct {
    std::string one;
    std::string other;
    bool same;
  } rows[] = {
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"[2001:db8::1]", "[2001:db8::1]", true},
      {"[2001:db8::1]", "[2001:db8::ffff:ffff:ffff:ffff]", true},  // One /64
      {"[2001:db8:0:1::1]", "[2001:db8:0:2::1]", false},
      {"[::ffff:192.0.2.1]", "192.0.2.1", true},
      {"[::ffff:192.0.2.1]", "[::ffff:192.0.2.2]", false},
      {"[::1]", "127.0.0.1", false},
  };
  for (const auto& row : rows)
    EXPECT_EQ(at(row.one).network() == at(row.other).network(), row.same) << row.one << " " << row.other;
}

TEST(AddressLimit, AdmitsSoManyAndTakesThemBack) {
  AddressLimit limit(2);
  auto first = limit.admit(at("192.0.2.1"));
  auto second = limit.admit(at("192.0.2.1"));
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(limit.admit(at("192.0.2.1")));
  EXPECT_TRUE(limit.admit(at("192.0.2.2"))) << "another address, for a moment";
  EXPECT_EQ(limit.addresses(), 1U) << "and nothing is left of it";
  EXPECT_EQ(limit.refused(), 1U);
  AddressLimit::Place moved(std::move(*second));
  second.reset();
  EXPECT_FALSE(limit.admit(at("192.0.2.1"))) << "a place that moved is still taken";
  first.reset();
  EXPECT_TRUE(limit.admit(at("192.0.2.1")));
}

TEST(AddressLimit, NoLimitKeepsNoCount) {
  AddressLimit limit(0);
  std::vector<AddressLimit::Place> places;
  for (int i = 0; i < 1000; ++i) places.push_back(limit.admit(at("192.0.2.1")).value());
  EXPECT_EQ(limit.addresses(), 0U);
}

TEST(AddressLimit, SharedByThreads) {
  AddressLimit limit(1000);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&limit] {
      for (int i = 0; i < 2000; ++i) {
        const auto place = limit.admit(at("192.0.2." + std::to_string(i % 7)));
        EXPECT_TRUE(place);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(limit.addresses(), 0U);
}

}  // namespace
}  // namespace pollux::net
