#include "http/body_pace.h"

#include <gtest/gtest.h>

#include <limits>

namespace pollux::http {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr TimePoint kBegun{hours(1)};

TEST(BodyPace, ABodyMustComeAtALeastRateAfterAGracePeriod) {
  const struct {
    const char* name;
    std::uint64_t rate;
    std::uint64_t received;
    milliseconds after;  // Since the body began.
    bool too_slow;
  } rows[] = {
      {"nothing, within the grace", 512, 0, milliseconds(29'999), false},
      {"nothing, after it", 512, 0, seconds(30), true},
      {"an octet a second", 512, 30, seconds(30), false},
      {"an octet a second, a moment later", 512, 30, milliseconds(30'059), true},
      {"just the rate", 512, 512 * 1000, milliseconds(1'029'999), false},
      {"just the rate, and stopped", 512, 512 * 1000, seconds(1030), true},
      {"a fast one that stopped has earned time", 512, 1024 * 1024, seconds(2000), false},
      {"but not for ever", 512, 1024 * 1024, seconds(2078), true},
      {"another rate", 1'000'000, 10'000'000, milliseconds(39'999), false},
      {"another rate, too slow", 1'000'000, 10'000'000, seconds(40), true},
      {"a fraction of a second counts", 1000, 1500, milliseconds(31'499), false},
      {"and no more", 1000, 1500, milliseconds(31'500), true},
      {"no rate", 0, 0, hours(24 * 365), false},
      {"more than any clock can hold", 1, std::numeric_limits<std::uint64_t>::max(), hours(24 * 364), false},
      {"a rate above what has ever come", std::numeric_limits<std::uint64_t>::max() / 1000, 1, seconds(30),
       true},
  };
  for (const auto& row : rows) {
    const BodyPace pace({.grace = seconds(30), .octets_per_second = row.rate}, kBegun);
    EXPECT_EQ(pace.too_slow(row.received, kBegun + row.after), row.too_slow) << row.name;
  }
}

}  // namespace
}  // namespace pollux::http
