#include "castor/histogram.h"

#include <algorithm>
#include <cmath>

namespace pollux::castor {

void Histogram::record(std::int64_t value, std::uint64_t times) {
  if (times == 0) return;
  record(value);
  const std::uint64_t v = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)), kMax);
  counts_[index(v)] += times - 1;
  count_ += times - 1;
  sum_ += static_cast<double>(v) * static_cast<double>(times - 1);
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = max_ = 0;
  sum_ = 0;
}

std::uint64_t Histogram::highest_of(std::size_t index) const {
  const std::size_t exact = std::size_t{2} << bits_;
  if (index < exact) return index;
  const std::size_t shift = (index >> bits_) - 1;
  const std::size_t place = index - (shift << bits_);
  return ((place + 1) << shift) - 1;
}

double Histogram::deviation() const {
  if (count_ == 0) return 0;
  double squares = 0;
  for (const Bucket& bucket : buckets()) {
    const double apart = static_cast<double>(bucket.value) - mean();
    squares += apart * apart * static_cast<double>(bucket.count);
  }
  return std::sqrt(squares / static_cast<double>(count_));
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> buckets;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0) buckets.push_back({highest_of(i), counts_[i]});
  }
  return buckets;
}

void Histogram::set_exact(double sum, std::uint64_t max) {
  if (count_ == 0) return;
  sum_ = sum;
  max_ = std::min(max, kMax);
}

std::uint64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (counts_[i] != 0 && seen >= wanted) return std::min(highest_of(i), max_);
  }
  return max_;
}

}  // namespace pollux::castor
