// Counts of each second, from all threads.
//
// Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "castor/tally.h"

namespace pollux::castor {

// One thread's part of a second.
struct Slice {
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  std::uint64_t octets = 0;
  Failures failures;
  Histogram latency;

  void clear() {
    requests = failed = octets = 0;
    failures = {};
    latency.clear();
  }
};

struct Second {
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  std::uint64_t octets = 0;
  double p50_us = 0;
  double p99_us = 0;
  double max_us = 0;
};

class Series {
 public:
  void add(std::size_t second, const Slice& slice) EXCLUDES(mutex_);

  // std::nullopt: no thread has reported it.
  [[nodiscard]] std::optional<Second> at(std::size_t second) const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<Second> all() const EXCLUDES(mutex_);

  // The total of all seconds so far.
  [[nodiscard]] Failures failures() const EXCLUDES(mutex_);

 private:
  static constexpr std::size_t kOpen = 5;  // Seconds whose histograms are kept, since threads add to them.

  struct Entry {
    Second second;
    std::optional<Histogram> latency;
  };

  mutable Mutex mutex_;
  std::vector<Entry> entries_ GUARDED_BY(mutex_);
  Failures failures_ GUARDED_BY(mutex_);
};

}  // namespace pollux::castor
