// Reads a result from its JSON (to_json() writes it), and sums several results as if they were one run.
//
// Histograms are added bucket by bucket, so percentiles of the sum are as exact as those of one run. The JSON
// has no histograms of seconds: in the sum, counts are added, the largest latency is known, and p50 and p99
// are 0.
//
// The JSON is untrusted: numbers are checked before they are used. Pure functions of values; any thread.
#pragma once

#include <vector>

#include "castor/report/json.h"
#include "castor/result.h"

namespace pollux::castor {

struct ReadResult {
  Options options;  // As far as the JSON has them; of header fields only the names.
  Result result;
};

// Throws std::runtime_error if it is no result, or one without histograms, from a castor before schema 1.
[[nodiscard]] ReadResult read_result(const Json& json);

// The sum of runs of the same URLs at the same time on several machines. Throws std::runtime_error if their
// URLs differ. REQUIRES: at least one.
[[nodiscard]] ReadResult merge(std::vector<ReadResult> results);

}  // namespace pollux::castor
