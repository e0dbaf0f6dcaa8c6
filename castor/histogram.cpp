#include "castor/histogram.h"

#include <algorithm>
#include <cmath>

namespace pollux::castor {

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() { *this = Histogram(bits_); }

std::uint64_t Histogram::highest_of(std::size_t index) const {
  const std::size_t exact = std::size_t{2} << bits_;
  if (index < exact) return index;
  const std::size_t shift = (index >> bits_) - 1;
  const std::size_t place = index - (shift << bits_);
  return ((place + 1) << shift) - 1;
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
