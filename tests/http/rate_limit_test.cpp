#include "http/rate_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "tests/fake_clock.h"

namespace pollux::http {
namespace {

using namespace std::chrono_literals;

class RateLimitTest : public ::testing::Test {
 protected:
  // Requests of a client that are admitted one after the other, until one is not.
  int admitted(RateLimit& limit, std::string_view client) {
    int count = 0;
    while (limit.wait_of(client, now()) == 0ns) ++count;
    return count;
  }
  [[nodiscard]] TimePoint now() const { return clock_.read_steady(); }

  // An address of its own for each number.
  static std::string address(std::uint32_t number) {
    return "10." + std::to_string(number >> 16U) + "." + std::to_string(number >> 8U & 255U) + "." +
           std::to_string(number & 255U);
  }

  test::FakeClock clock_;
};

TEST_F(RateLimitTest, ABurstOfAsManyAndThenEvenly) {
  RateLimit limit({.requests = 20, .period = 1s});
  EXPECT_EQ(admitted(limit, "192.0.2.1"), 20);
  EXPECT_EQ(limit.wait_of("192.0.2.1", now()), 50ms);
  clock_.advance(49ms);
  EXPECT_EQ(limit.wait_of("192.0.2.1", now()), 1ms) << "what is refused costs nothing";
  clock_.advance(1ms);
  EXPECT_EQ(admitted(limit, "192.0.2.1"), 1);
  clock_.advance(500ms);
  EXPECT_EQ(admitted(limit, "192.0.2.1"), 10);
  clock_.advance(1h);
  EXPECT_EQ(admitted(limit, "192.0.2.1"), 20) << "no more than a burst is saved up";
}

TEST_F(RateLimitTest, Rates) {
  const struct {
    Rate rate;
    std::chrono::nanoseconds wait;  // After a burst.
  } rows[] = {
      {{1, 1s}, 1s},
      {{3, 1s}, 333'333'333ns},
      {{300, 60s}, 200ms},
      {{1, 1h}, 1h},
      {{7, 60s}, 8'571'428'571ns},
      {{1'000'000, 1s}, 1us},
      {{1'000'000, 1h}, 3600us},
  };
  for (const auto& [rate, wait] : rows) {
    RateLimit limit(rate);
    for (std::uint32_t i = 0; i < rate.requests; ++i) ASSERT_EQ(limit.wait_of("::1", now()), 0ns);
    EXPECT_EQ(limit.wait_of("::1", now()), wait) << rate.requests;
    EXPECT_EQ(limit.wait_of("::1", now() + wait), 0ns) << rate.requests;
  }
}

TEST_F(RateLimitTest, WhoIsOneClient) {
  const struct {
    const char* first;
    const char* second;
    bool same;
  } rows[] = {
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"192.0.2.1", "::ffff:192.0.2.1", true},
      {"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
      {"2001:db8::1", "2001:DB8:0:0:1::", true},
      {"2001:db8::1", "2001:db8:0:1::1", false},
      {"unknown", "unknown", true},
      {"unknown", "192.0.2.1", false},
      {"", "192.0.2.1", false},
  };
  for (const auto& [first, second, same] : rows) {
    RateLimit limit({.requests = 1, .period = 1s});
    EXPECT_EQ(admitted(limit, first), 1);
    EXPECT_EQ(admitted(limit, second), same ? 0 : 1) << first << " and " << second;
  }
}

// Four times as many addresses as there are buckets.
TEST_F(RateLimitTest, ACrowdNeitherFreesAnyoneNorShutsAnyoneOut) {
  RateLimit limit({.requests = 10, .period = 1s});
  const std::vector<std::string> greedy = {"192.0.2.1", "192.0.2.2", "2001:db8::1"};
  for (const std::string& client : greedy) EXPECT_EQ(admitted(limit, client), 10);
  for (std::uint32_t i = 0; i < 4 * 65'536; ++i) ASSERT_EQ(limit.wait_of(address(i), now()), 0ns) << i;
  for (const std::string& client : greedy) EXPECT_EQ(limit.wait_of(client, now()), 100ms) << client;
  EXPECT_EQ(admitted(limit, "203.0.113.1"), 10) << "a stranger has a full bucket";
  clock_.advance(1s);
  for (const std::string& client : greedy) EXPECT_EQ(admitted(limit, client), 10);
}

TEST_F(RateLimitTest, ManyThreadsGetNoMoreThanOne) {
  RateLimit limit({.requests = 1000, .period = 1h});
  std::atomic<int> count{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { count += admitted(limit, "192.0.2.1"); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 1000);
}

}  // namespace
}  // namespace pollux::http
