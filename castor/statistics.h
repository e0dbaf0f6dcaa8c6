// Means with their uncertainty.
//
// Pure functions of values; any thread.
#pragma once

#include <optional>
#include <vector>

#include "castor/series.h"

namespace pollux::castor {

struct Estimate {
  double value = 0;
  double low = 0;  // The 95 % confidence interval.
  double high = 0;

  // Half the width of the interval, as a fraction of the value.
  [[nodiscard]] double reach() const { return value > 0 ? (high - low) / 2 / value : 1; }
};

// For the mean of independent values (Student's t). std::nullopt: fewer than two.
[[nodiscard]] std::optional<Estimate> estimate_mean(const std::vector<double>& values);

// For the geometric mean, which suits ratios. std::nullopt: fewer than two, or one is not above zero.
[[nodiscard]] std::optional<Estimate> estimate_ratio(const std::vector<double>& ratios);

// The median latency in microseconds, from the medians of the first `whole` seconds: each second is one
// observation, since requests of the same moment are slow together. The interval is widened by the width of a
// histogram bucket. std::nullopt: fewer than five seconds, or one without a measurement.
[[nodiscard]] std::optional<Estimate> estimate_median(const std::vector<Second>& seconds, std::size_t whole);

inline constexpr double kStableReach = 0.02;

}  // namespace pollux::castor
