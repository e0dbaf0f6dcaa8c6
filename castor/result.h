// The result of a run.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "castor/options/options.h"
#include "castor/series.h"
#include "castor/statistics.h"
#include "castor/tally.h"

namespace pollux::castor {

// A rate that --find-rate has tried.
struct Probe {
  double rate = 0;        // Due requests per second,
  double per_second = 0;  // and responses.
  double p50_us = 0;
  double p99_us = 0;
  std::uint64_t failed = 0;  // Or were never sent.
  bool client_saturated = false;
  bool met = false;
};

struct Result {
  WallTime started;
  Tally tally;
  std::vector<Second> per_second;
  double seconds = 0;  // From the end of the warm-up until the last response.
  std::size_t threads = 0;
  double busy = 0;    // The busiest thread's fraction of the time on a processor,
  double waited = 0;  // and the largest fraction that a thread waited for one.
  bool interrupted = false;
  std::uint64_t memory = 0;        // Octets that the idle connections took (--idle).
  std::optional<Estimate> median;  // Microseconds; with --until-stable, if the time was enough.
  std::vector<Probe> probes;       // With --find-rate, in order; the other figures are those of the best one.
  double found_rate = 0;           // 0: even the first rate failed.

  // Appends another turn of the same target, in a run of two. `other` began later.
  void append(const Result& other);

  [[nodiscard]] std::uint64_t requests() const { return tally.requests(); }
  [[nodiscard]] double per_second_mean() const {
    return seconds > 0 ? static_cast<double>(requests()) / seconds : 0;
  }
  // If so, the figures describe the client and not the server.
  [[nodiscard]] bool client_saturated() const { return busy >= 0.9; }
};

}  // namespace pollux::castor
