// The result of a run.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "castor/options.h"
#include "castor/series.h"
#include "castor/tally.h"

namespace pollux::castor {

struct Result {
  WallTime started;
  Tally tally;
  std::vector<Second> per_second;
  double seconds = 0;  // From the end of the warm-up until the last answer.
  std::size_t threads = 0;
  double busy = 0;    // Of the busiest thread: the part of the time on a processor,
  double waited = 0;  // and of the one that waited most for one.
  bool interrupted = false;
  std::uint64_t memory = 0;  // Octets that the connections took, with --idle.

  [[nodiscard]] std::uint64_t requests() const { return tally.requests(); }
  [[nodiscard]] double per_second_mean() const {
    return seconds > 0 ? static_cast<double>(requests()) / seconds : 0;
  }
  // Then the figures are of the client and not of the server.
  [[nodiscard]] bool client_saturated() const { return busy >= 0.9; }
};

// The expectations that were not met, in words; and "nothing was measured".
[[nodiscard]] std::vector<std::string> disappointments(const Options& options, const Result& result);

[[nodiscard]] std::string to_json(const Options& options,
                                  const Result& result);  // Its format: docs/castor.md
[[nodiscard]] std::string to_text(const Options& options, const Result& result);  // For people.
[[nodiscard]] std::string to_webbench(const Options& options, const Result& result);

}  // namespace pollux::castor
