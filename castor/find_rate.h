// --find-rate: the largest rate whose p99 is not above --max-p99.
//
// Rates are tried one after the other, each in a run of its own: doubled until one does not do, then halved
// in between until what is known is close enough. One that does not do is tried again, since any machine has
// its hiccups. A rate does if its p99 (since due) is small enough, no more requests failed than may, and none
// was due that could not be sent.
//
// Thread: the main one.
#pragma once

#include <functional>

#include "castor/result.h"

namespace pollux::castor {

// Runs one rate: open loop, with those options.
using TryRate = std::function<Result(const Options& options)>;

// The result of the best rate, or of the last where none did; with all probes. Ends early when one was
// interrupted.
[[nodiscard]] Result find_rate(const Options& options, const TryRate& try_rate);

}  // namespace pollux::castor
