// A result from its JSON, as to_json() writes it; and the sum of several, as if they were one run.
//
// Histograms are added bucket by bucket, so percentiles of the sum are as exact as those of one run. Of
// seconds the JSON has no histograms: in the sum, counts are added, the largest latency is known, and p50 and
// p99 are 0.
//
// The JSON may be anybody's: numbers are looked at before they count.
// Pure functions of values; any thread.
#pragma once

#include <vector>

#include "castor/report/json.h"
#include "castor/result.h"

namespace pollux::castor {

struct ReadResult {
  Options options;  // As far as the JSON tells them; of header fields the names.
  Result result;
};

// Throws std::runtime_error: it is no result, or one without histograms, of a castor before schema 1.
[[nodiscard]] ReadResult read_result(const Json& json);

// Runs of the same URLs at the same time on several machines. Throws std::runtime_error: they asked for
// others. REQUIRES: at least one.
[[nodiscard]] ReadResult merge(std::vector<ReadResult> results);

}  // namespace pollux::castor
