// --find-rate: the largest rate with a p99 of at most --max-p99.
//
// Rates are tried one after the other, each in its own run. The rate is doubled until one fails, then the
// interval is halved until it is small enough. A rate that fails is tried again, since any machine has its
// hiccups. A rate succeeds if its p99 (since due) is small enough, no more requests failed than allowed, and
// every due request could be sent.
//
// Thread: the main one.
#pragma once

#include <functional>

#include "castor/result.h"

namespace pollux::castor {

// Runs one rate: an open loop with these options.
using TryRate = std::function<Result(const Options& options)>;

// The result of the best rate, or of the last one if none succeeded; with all probes. Ends early when a run
// was interrupted.
[[nodiscard]] Result find_rate(const Options& options, const TryRate& try_rate);

}  // namespace pollux::castor
