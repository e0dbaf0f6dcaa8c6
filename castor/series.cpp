#include "castor/series.h"

namespace pollux::castor {

void Series::add(std::size_t second, const Slice& slice) {
  const MutexLock lock(mutex_);
  if (second >= entries_.size()) {
    entries_.resize(second + 1);
    if (second >= kOpen) {
      for (std::size_t i = 0; i <= second - kOpen; ++i) entries_[i].latency.reset();
    }
  }
  Entry& entry = entries_[second];
  Second& sum = entry.second;
  sum.requests += slice.requests;
  sum.failed += slice.failed;
  sum.octets += slice.octets;
  if (slice.failed > 0) failures_.add(slice.failures);
  if (slice.latency.count() == 0) return;
  if (!entry.latency) entry.latency.emplace();
  entry.latency->add(slice.latency);
  sum.p50_us = static_cast<double>(entry.latency->percentile(50)) / 1000;
  sum.p99_us = static_cast<double>(entry.latency->percentile(99)) / 1000;
  sum.max_us = static_cast<double>(entry.latency->max()) / 1000;
}

std::optional<Second> Series::at(std::size_t second) const {
  const MutexLock lock(mutex_);
  if (second >= entries_.size()) return std::nullopt;
  return entries_[second].second;
}

std::vector<Second> Series::all() const {
  const MutexLock lock(mutex_);
  std::vector<Second> seconds;
  for (const Entry& entry : entries_) seconds.push_back(entry.second);
  return seconds;
}

Failures Series::failures() const {
  const MutexLock lock(mutex_);
  return failures_;
}

}  // namespace pollux::castor
