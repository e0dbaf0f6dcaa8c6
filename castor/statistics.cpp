#include "castor/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace pollux::castor {

namespace {

constexpr std::size_t kFewestSeconds = 5;
constexpr double kHalfBucket = 1.0 / 256;  // Of a histogram of 7 bits.

// The 97.5th percentile of Student's distribution, by degrees of freedom.
double student(std::size_t freedom) {
  static constexpr std::array kTable = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                        2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                        2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                        2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
  if (freedom <= kTable.size()) return kTable[freedom - 1];
  return 1.96 + 2.46 / static_cast<double>(freedom);  // Off by less than 0.001.
}

}  // namespace

std::optional<Estimate> estimate_mean(const std::vector<double>& values) {
  if (values.size() < 2) return std::nullopt;
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double half = student(values.size() - 1) * std::sqrt(squares / (count - 1) / count);
  return Estimate{mean, mean - half, mean + half};
}

std::optional<Estimate> estimate_ratio(const std::vector<double>& ratios) {
  std::vector<double> logarithms;
  for (const double ratio : ratios) {
    if (!(ratio > 0)) return std::nullopt;
    logarithms.push_back(std::log(ratio));
  }
  const auto mean = estimate_mean(logarithms);
  if (!mean) return std::nullopt;
  return Estimate{std::exp(mean->value), std::exp(mean->low), std::exp(mean->high)};
}

std::optional<Estimate> estimate_median(const std::vector<Second>& seconds, std::size_t whole) {
  std::vector<double> medians;
  for (std::size_t i = 0; i < std::min(whole, seconds.size()); ++i) {
    if (seconds[i].p50_us <= 0) return std::nullopt;
    medians.push_back(seconds[i].p50_us);
  }
  if (medians.size() < kFewestSeconds) return std::nullopt;
  auto median = estimate_mean(medians);
  median->low -= median->value * kHalfBucket;
  median->high += median->value * kHalfBucket;
  return median;
}

}  // namespace pollux::castor
