// What is asked of the resolver, and when again.
#include "client/address_cache.h"

#include <gtest/gtest.h>

#include "tests/fake_clock.h"

namespace pollux::client {
namespace {

using std::chrono::seconds;

class AddressCacheOf : public testing::Test {
 protected:
  // "127.0.0.1:80", "none: why", or "?" when it is to be looked up.
  std::string found() const {
    const Resolved* resolved = cache_.find(url_);
    if (resolved == nullptr) return "?";
    return resolved->addresses.empty() ? "none: " + resolved->error : resolved->addresses.front().to_string();
  }
  std::string looked_up(const std::string& answer, seconds takes = seconds(0)) {
    answer_ = answer;
    takes_ = takes;
    cache_.look_up(url_);
    return found();
  }

  test::FakeClock clock_;
  std::string answer_;  // Of the resolver; empty: it fails.
  seconds takes_{0};
  const Url url_ = Url::parse("http://a.example/").value();
  AddressCache cache_{[this](const std::string& host, std::uint16_t port) {
                        EXPECT_EQ(host, "a.example");
                        EXPECT_EQ(port, 80);
                        clock_.advance(takes_);
                        if (answer_.empty()) return Resolved{{}, "down"};
                        return Resolved{{net::SocketAddress::parse(answer_ + ":80").value()}, {}};
                      },
                      clock_};
};

TEST_F(AddressCacheOf, AnAnswerIsGoodForAWhile) {
  EXPECT_EQ(found(), "?");
  EXPECT_EQ(looked_up("127.0.0.1"), "127.0.0.1:80");
  clock_.advance(AddressCache::kGood - seconds(1));
  EXPECT_EQ(found(), "127.0.0.1:80");
  clock_.advance(seconds(1));
  EXPECT_EQ(found(), "?");
  EXPECT_EQ(looked_up("127.0.0.2"), "127.0.0.2:80");
}

TEST_F(AddressCacheOf, AFailureIsRememberedFromWhenItIsKnown) {
  EXPECT_EQ(looked_up("", seconds(10)), "none: down");
  clock_.advance(AddressCache::kFailed - seconds(1));
  EXPECT_EQ(found(), "none: down");
  clock_.advance(seconds(1));
  EXPECT_EQ(found(), "?");
  EXPECT_EQ(looked_up("127.0.0.1"), "127.0.0.1:80");
}

TEST_F(AddressCacheOf, AnOlderAnswerStandsWhileTheResolverFails) {
  EXPECT_EQ(looked_up("127.0.0.1"), "127.0.0.1:80");
  for (int i = 0; i < 3; ++i) {
    clock_.advance(AddressCache::kGood);
    EXPECT_EQ(found(), "?");
    EXPECT_EQ(looked_up("", seconds(10)), "127.0.0.1:80");
    clock_.advance(AddressCache::kGood - seconds(1));
    EXPECT_EQ(found(), "127.0.0.1:80");
    clock_.advance(seconds(1));
  }
}

TEST_F(AddressCacheOf, OriginsAreApart) {
  EXPECT_EQ(looked_up(""), "none: down");
  EXPECT_EQ(cache_.find(Url::parse("http://a.example:81/").value()), nullptr);
}

}  // namespace
}  // namespace pollux::client
