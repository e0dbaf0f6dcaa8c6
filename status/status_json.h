// Snapshots and traces as JSON: of /status.json, and of the messages on /ws/live.
//
// Thread: pure.
#pragma once

#include <string>

#include "base/trace.h"
#include "status/snapshot.h"

namespace pollux::status {

// `latencies`: what the times are taken from, of all times or of the last moment.
[[nodiscard]] std::string to_json(const Snapshot& snapshot, const metrics::Metrics& latencies);

[[nodiscard]] std::string to_json(const trace::Recording& recording, const Sources& sources);

}  // namespace pollux::status
