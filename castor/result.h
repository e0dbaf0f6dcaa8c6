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

// One rate that --find-rate has tried.
struct Probe {
  double rate = 0;        // Requests due in a second,
  double per_second = 0;  // and answered.
  double p50_us = 0;
  double p99_us = 0;
  std::uint64_t failed = 0;  // Or never sent.
  bool client_saturated = false;
  bool met = false;
};

struct Result {
  WallTime started;
  Tally tally;
  std::vector<Second> per_second;
  double seconds = 0;  // From the end of the warm-up until the last answer.
  std::size_t threads = 0;
  double busy = 0;    // Of the busiest thread: the part of the time on a processor,
  double waited = 0;  // and of the one that waited most for one.
  bool interrupted = false;
  std::uint64_t memory = 0;        // Octets that the connections took, with --idle.
  std::optional<Estimate> median;  // Microseconds; with --until-stable, if there was time enough.
  std::vector<Probe> probes;       // Of --find-rate, in order; the other figures are of the best of them.
  double found_rate = 0;           // 0: even the first did not do.

  // The turns of one target in a run of two. `other` began later.
  void append(const Result& other);

  [[nodiscard]] std::uint64_t requests() const { return tally.requests(); }
  [[nodiscard]] double per_second_mean() const {
    return seconds > 0 ? static_cast<double>(requests()) / seconds : 0;
  }
  // Then the figures are of the client and not of the server.
  [[nodiscard]] bool client_saturated() const { return busy >= 0.9; }
};

}  // namespace pollux::castor
