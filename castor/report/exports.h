// A result for other programs: HdrHistogram's tools, spreadsheets, Prometheus. docs/castor.md has examples.
//
// Pure functions of values; any thread.
#pragma once

#include <string>

#include "castor/result.h"

namespace pollux::castor {

// The percentile distribution of latencies, in milliseconds, in the format of HdrHistogram's
// outputPercentileDistribution() and wrk2 --latency.
[[nodiscard]] std::string to_hdr(const Histogram& latency);

// A line for each second, and one for the total (RFC 4180, except that lines end in LF).
[[nodiscard]] std::string to_csv(const Result& result);

// Prometheus' text format 0.0.4, for the text file collector of its node exporter.
[[nodiscard]] std::string to_prometheus(const Options& options, const Result& result);

}  // namespace pollux::castor
