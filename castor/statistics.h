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
  double low = 0;  // The interval that holds the truth in 95 of 100 cases.
  double high = 0;

  // How far the interval reaches, as a part of the value.
  [[nodiscard]] double reach() const { return value > 0 ? (high - low) / 2 / value : 1; }
};

// Of the mean of independent values (Student's t). std::nullopt: fewer than two.
[[nodiscard]] std::optional<Estimate> estimate_mean(const std::vector<double>& values);

// Of the geometric mean: for ratios. std::nullopt: fewer than two, or one is not above zero.
[[nodiscard]] std::optional<Estimate> estimate_ratio(const std::vector<double>& ratios);

// The median latency in microseconds, from the medians of the first `whole` seconds: each second is one
// observation, since requests of the same moment are slow together. It is widened by what a bucket of the
// histogram hides. std::nullopt: fewer than five seconds, or one in which nothing was measured.
[[nodiscard]] std::optional<Estimate> estimate_median(const std::vector<Second>& seconds, std::size_t whole);

inline constexpr double kStableReach = 0.02;

}  // namespace pollux::castor
