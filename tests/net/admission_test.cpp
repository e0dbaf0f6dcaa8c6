#include "net/admission.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace pollux::net {
namespace {

SocketAddress at(const std::string& host) { return SocketAddress::parse(host + ":80").value(); }

TEST(Admission, WhoCountsAsOne) {
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

// Empty: admitted.
std::optional<Admission::Place> place(Admission& admission, const std::string& host) {
  auto admitted = admission.admit(at(host));
  auto* taken = std::get_if<Admission::Place>(&admitted);
  return taken != nullptr ? std::optional(std::move(*taken)) : std::nullopt;
}

TEST(Admission, AdmitsSoManyOfOneAddressAndTakesThemBack) {
  Admission admission(100, 2);
  auto first = place(admission, "192.0.2.1");
  auto second = place(admission, "192.0.2.1");
  EXPECT_TRUE(first && second);
  EXPECT_EQ(std::get<Admission::Refusal>(admission.admit(at("192.0.2.1"))),
            Admission::Refusal::kTooManyFromOne);
  EXPECT_TRUE(place(admission, "192.0.2.2")) << "another address, for a moment";
  EXPECT_EQ(admission.addresses(), 1U) << "and nothing is left of it";
  EXPECT_EQ(admission.size(), 2U) << "nor of the one that was refused";
  EXPECT_EQ(admission.refused(), 1U);
  const Admission::Place moved(std::move(*second));
  second.reset();
  EXPECT_FALSE(place(admission, "192.0.2.1")) << "a place that moved is still taken";
  first.reset();
  EXPECT_TRUE(place(admission, "192.0.2.1"));
}

TEST(Admission, AProxysConnectionsCountForWhomTheyStandFor) {
  Admission admission(100, 2);
  std::vector<Admission::Place> places;
  for (int i = 0; i < 5; ++i)
    places.push_back(std::get<Admission::Place>(admission.admit(at("10.0.0.1"), true)));
  EXPECT_EQ(admission.addresses(), 0U) << "the proxy is many";
  EXPECT_TRUE(places[0].move_to(at("192.0.2.1")));
  EXPECT_TRUE(places[1].move_to(at("192.0.2.1")));
  EXPECT_FALSE(places[2].move_to(at("192.0.2.1")));
  EXPECT_EQ(admission.refused(), 1U);
  EXPECT_TRUE(places[2].move_to(at("192.0.2.2"))) << "it had no address so far";
  EXPECT_FALSE(place(admission, "192.0.2.1")) << "also for those who come by themselves";
  EXPECT_TRUE(places[0].move_to(at("192.0.2.3"))) << "the place that it leaves is free";
  EXPECT_TRUE(place(admission, "192.0.2.1"));
  places.clear();
  EXPECT_EQ(admission.addresses(), 0U);
  EXPECT_EQ(admission.size(), 0U);
}

TEST(Admission, AdmitsSoManyInAll) {
  Admission admission(3, 0);
  std::vector<Admission::Place> places;
  for (int i = 1; i <= 3; ++i) places.push_back(place(admission, "192.0.2." + std::to_string(i)).value());
  EXPECT_EQ(std::get<Admission::Refusal>(admission.admit(at("192.0.2.9"))), Admission::Refusal::kFull);
  EXPECT_EQ(admission.size(), 3U);
  places.pop_back();
  EXPECT_TRUE(place(admission, "192.0.2.9"));
  places.clear();
  EXPECT_EQ(admission.size(), 0U);
}

TEST(Admission, WithoutALimitForAddressesNoneIsRemembered) {
  Admission admission(1000, 0);
  std::vector<Admission::Place> places;
  for (int i = 0; i < 1000; ++i) places.push_back(place(admission, "192.0.2.1").value());
  EXPECT_EQ(admission.addresses(), 0U);
}

TEST(Admission, SharedByThreads) {
  Admission admission(1000, 1000);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&admission] {
      for (int i = 0; i < 2000; ++i) EXPECT_TRUE(place(admission, "192.0.2." + std::to_string(i % 7)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admission.addresses(), 0U);
  EXPECT_EQ(admission.size(), 0U);
}

TEST(Admission, LimitsChangeForThoseWhoCome) {
  Admission admission(2, 0);
  const auto one = place(admission, "192.0.2.1");
  auto two = place(admission, "192.0.2.1");
  EXPECT_TRUE(one && two && !place(admission, "192.0.2.1"));
  admission.set_limits(10, 1);
  const auto three = place(admission, "192.0.2.1");
  EXPECT_TRUE(three) << "those from before are not counted";
  EXPECT_FALSE(place(admission, "192.0.2.1"));
  two.reset();
  EXPECT_FALSE(place(admission, "192.0.2.1")) << "nor is it counted that one of them goes";
  admission.set_limits(10, 0);
  EXPECT_TRUE(place(admission, "192.0.2.1"));
  EXPECT_EQ(admission.size(), 2U);
}

}  // namespace
}  // namespace pollux::net
