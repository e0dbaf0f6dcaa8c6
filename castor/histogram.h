// A log-linear histogram of durations: exact below 2^(bits+1), and above that 2^bits buckets for each power
// of two. So the error of a percentile is below 1 in 2^bits (bits = 7: 0.8 %), and recording is a shift and
// an increment. (G. Tene's HdrHistogram has the same layout.)
//
// Thread: none of its own.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace pollux::castor {

class Histogram {
 public:
  static constexpr unsigned kLargestBits = 40;  // 2^40 ns are 18 minutes; longer durations count as that.

  explicit Histogram(unsigned bits = 7) : bits_(bits), counts_(index(kMax) + 1) {}

  void record(std::int64_t value) {
    const std::uint64_t v = value < 0 ? 0 : std::min(static_cast<std::uint64_t>(value), kMax);
    ++counts_[index(v)];
    ++count_;
    sum_ += static_cast<double>(v);
    if (v > max_) max_ = v;
  }

  // Records one value several times.
  void record(std::int64_t value, std::uint64_t times);

  // REQUIRES: `other` has the same bits.
  void add(const Histogram& other);
  void clear();

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

  [[nodiscard]] double sum() const { return sum_; }
  [[nodiscard]] double deviation() const;  // The standard deviation.

  // The non-empty buckets, the lowest first: the highest value of each, and its count.
  struct Bucket {
    std::uint64_t value;
    std::uint64_t count;
  };
  [[nodiscard]] std::vector<Bucket> buckets() const;

  // Sets the figures that buckets() has lost, in a histogram rebuilt from it. Does nothing if it is empty.
  void set_exact(double sum, std::uint64_t max);

  // The value that `percent` of all do not exceed; 0 if it is empty.
  [[nodiscard]] std::uint64_t percentile(double percent) const;

 private:
  static constexpr std::uint64_t kMax = (1ULL << kLargestBits) - 1;

  [[nodiscard]] std::size_t index(std::uint64_t value) const {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= bits_ + 1) return value;
    const unsigned shift = width - bits_ - 1;
    return (static_cast<std::size_t>(shift) << bits_) + (value >> shift);
  }
  [[nodiscard]] std::uint64_t highest_of(std::size_t index) const;

  unsigned bits_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace pollux::castor
