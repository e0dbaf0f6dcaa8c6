#include "status/snapshot.h"

#include "base/trace.h"
#include "status/thread_names.h"

namespace pollux::status {

Snapshot take_snapshot(const Sources& sources) {
  Snapshot snapshot{.sources = &sources,
                    .uptime = std::chrono::steady_clock::now() - sources.started,
                    .draining = sources.draining(),
                    .root_is_there = sources.root_is_there(),
                    .configuration = sources.configuration(),
                    .tracing = trace::Tracer::armed(),
                    .cache = sources.cache(),
                    .metrics = metrics::read_metrics(),
                    .threads = {}};
  ThreadNames names;
  for (const metrics::ThreadActivity& found : metrics::read_activities()) {
    snapshot.threads.push_back({names.of(found.thread), found.activity, std::nullopt});
  }
  return snapshot;
}

double unix_seconds(WallTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

std::int64_t connections(const metrics::Metrics& metrics) {
  using metrics::Gauge;
  return metrics[Gauge::kHandshaking] + metrics[Gauge::kReadingHead] + metrics[Gauge::kReadingBody] +
         metrics[Gauge::kSending] + metrics[Gauge::kKeptAlive] + metrics[Gauge::kWebSocketsOpen] +
         metrics[Gauge::kClosing] + metrics[Gauge::kLingering] + metrics[Gauge::kHandlingLater] +
         metrics[Gauge::kStreams] + metrics[Gauge::kNoStreams];
}

std::uint64_t requests(const metrics::Metrics& metrics) {
  using metrics::Counter;
  return metrics[Counter::kGet] + metrics[Counter::kHead] + metrics[Counter::kPost] +
         metrics[Counter::kOtherMethod];
}

const char* name_of(metrics::Activity activity) {
  switch (activity) {
    case metrics::Activity::kWaiting: return "waiting";
    case metrics::Activity::kLooking: return "looking";
    case metrics::Activity::kReading: return "reading";
    case metrics::Activity::kHandling: return "handling";
    case metrics::Activity::kWriting: return "writing";
    case metrics::Activity::kNone:
    case metrics::Activity::kCount: break;
  }
  return "none";
}

}  // namespace pollux::status
