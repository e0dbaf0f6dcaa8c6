#include "status/status_json.h"

#include "status/json_writer.h"
#include "status/thread_names.h"

namespace pollux::status {

namespace {

using metrics::Counter;
using metrics::Gauge;
using metrics::Histogram;

double microseconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1000; }

void add_latency(JsonWriter& json, std::string_view name, const metrics::Distribution& times) {
  json.begin_object(name);
  json.member("count", times.count());
  json.member("p50", microseconds(times.quantile(0.50)));
  json.member("p90", microseconds(times.quantile(0.90)));
  json.member("p99", microseconds(times.quantile(0.99)));
  json.end_object();
}

void add_pools(JsonWriter& json, const metrics::Metrics& m) {
  json.begin_object("workers");
  json.member("threads", m[Gauge::kWorkers]);
  json.member("busy", m[Gauge::kWorkersBusy]);
  json.member("queued", m[Gauge::kWorkerQueue]);
  json.end_object();
  json.begin_object("blocking");
  json.member("threads", m[Gauge::kBlockingThreads]);
  json.member("busy", m[Gauge::kBlockingBusy]);
  json.member("queued", m[Gauge::kBlockingQueue]);
  json.end_object();
}

void add_connections(JsonWriter& json, const Snapshot& now) {
  const metrics::Metrics& m = now.metrics;
  json.begin_object("connections");
  json.member("open", connections(m));
  json.member("accepted", m[Counter::kAccepted]);
  json.member("refused", m[Counter::kRefused]);
  json.member("shed", m[Counter::kShed]);
  json.begin_object("proxy_headers");
  json.member("accepted", m[Counter::kProxyHeaders]);
  json.member("malformed", m[Counter::kProxyMalformed]);
  json.member("untrusted", m[Counter::kProxyStrangers]);
  json.end_object();
  json.begin_object("waiting_for");
  json.member("handshake", m[Gauge::kHandshaking]);
  json.member("head", m[Gauge::kReadingHead]);
  json.member("body", m[Gauge::kReadingBody]);
  json.member("send", m[Gauge::kSending]);
  json.member("request", m[Gauge::kKeptAlive]);
  json.member("message", m[Gauge::kWebSocketsOpen]);
  json.member("close", m[Gauge::kClosing]);
  json.member("end", m[Gauge::kLingering]);
  json.member("handler", m[Gauge::kHandlingLater]);
  json.member("streams", m[Gauge::kStreams]);
  json.member("stream", m[Gauge::kNoStreams]);
  json.end_object();
  json.end_object();
}

void add_requests(JsonWriter& json, const metrics::Metrics& m) {
  json.begin_object("requests");
  json.member("total", requests(m));
  json.begin_object("method");
  json.member("GET", m[Counter::kGet]);
  json.member("HEAD", m[Counter::kHead]);
  json.member("POST", m[Counter::kPost]);
  json.member("other", m[Counter::kOtherMethod]);
  json.end_object();
  json.member("rate_limited", m[Counter::kRateLimited]);
  json.begin_object("status");
  json.member("1xx", m[Counter::kAnswers1xx]);
  json.member("2xx", m[Counter::kAnswers2xx]);
  json.member("3xx", m[Counter::kAnswers3xx]);
  json.member("4xx", m[Counter::kAnswers4xx]);
  json.member("5xx", m[Counter::kAnswers5xx]);
  json.end_object();
  json.end_object();
  json.begin_object("octets");
  json.member("in", m[Counter::kOctetsIn]);
  json.member("out", m[Counter::kOctetsOut]);
  json.end_object();
  json.member("blocked_writes", m[Counter::kBlockedWrites]);
}

void add_loops(JsonWriter& json, const metrics::Metrics& m) {
  json.begin_object("loops");
  json.member("turns", m[Counter::kTurns]);
  json.member("events", m[Counter::kEvents]);
  json.end_object();
}

void add_parts(JsonWriter& json, const Snapshot& now) {
  const metrics::Metrics& m = now.metrics;
  json.begin_object("file_cache");
  json.member("hits", m[Counter::kCacheHits]);
  json.member("misses", m[Counter::kCacheMisses]);
  json.member("entries", std::uint64_t{now.cache.entries});
  json.member("octets", now.cache.memory);
  json.member("open_files", std::uint64_t{now.cache.open_files});
  json.end_object();
  json.begin_object("variants");
  json.member("made", m[Counter::kVariantsMade]);
  json.member("refused", m[Counter::kVariantsRefused]);
  json.member("put_off", m[Counter::kVariantsPutOff]);
  json.end_object();
  json.begin_object("site_root");
  json.member("there", now.root_is_there);
  json.member("lost", m[Counter::kRootLost]);
  json.end_object();
  json.begin_object("tls");
  json.member("handshakes", m[Counter::kHandshakes]);
  json.member("resumed", m[Counter::kHandshakesResumed]);
  json.member("failed", m[Counter::kHandshakesFailed]);
  json.member("displaced", m[Counter::kHandshakesDisplaced]);
  json.end_object();
  json.begin_object("websocket");
  json.member("opened", m[Counter::kWebSockets]);
  json.member("messages_in", m[Counter::kMessagesIn]);
  json.member("messages_out", m[Counter::kMessagesOut]);
  json.end_object();
  json.begin_object("sql");
  json.member("connections", m[Gauge::kSqlConnections]);
  json.member("lent", m[Gauge::kSqlLeased]);
  json.member("leases", m[Counter::kSqlLeases]);
  json.member("failures", m[Counter::kSqlFailures]);
  json.end_object();
  json.member("timers_fired", m[Counter::kTimersFired]);
  json.member("log_lines_dropped", m[Counter::kLogLinesDropped]);
}

void add_seen(JsonWriter& json, const ServingThread::Seen& seen) {
  json.begin_object("seen");
  for (std::size_t i = 1; i < seen.size(); ++i) {
    json.member(name_of(static_cast<metrics::Activity>(i)), std::uint64_t{seen[i]});
  }
  json.end_object();
}

void add_threads(JsonWriter& json, const std::vector<ServingThread>& threads) {
  json.begin_array("threads");
  for (const ServingThread& thread : threads) {
    json.begin_object();
    json.member("name", thread.name);
    json.member("now", name_of(thread.now));
    if (thread.seen) add_seen(json, *thread.seen);
    json.end_object();
  }
  json.end_array();
}

void add_windows(JsonWriter& json, std::string_view name, const trace::Windows& windows) {
  json.begin_object(name);
  if (windows.stream) json.member("stream", std::int64_t{*windows.stream});
  json.member("connection", std::int64_t{windows.connection});
  json.end_object();
}

void add_frame(JsonWriter& json, const trace::Frame& frame) {
  json.begin_object("frame");
  json.member("name", frame.name);
  json.member("stream", std::int64_t{frame.stream});
  json.member("octets", std::uint64_t{frame.length});
  json.member("last", frame.last);
  add_windows(json, "window_out", frame.to_client);
  add_windows(json, "window_in", frame.to_server);
  json.end_object();
}

void add_traffic(JsonWriter& json, std::string_view name, const trace::Stream::Traffic& traffic) {
  json.begin_object(name);
  json.member("frames", traffic.frames);
  json.member("octets", traffic.octets);
  json.end_object();
}

// `start`: what times are counted from.
void add_streams(JsonWriter& json, const trace::Streams& streams, TimePoint start) {
  json.begin_object("streams");
  json.member("followed", std::int64_t{streams.followed()});
  json.member("left_out", std::uint64_t{streams.left_out()});
  json.begin_array("lanes");
  for (const trace::Stream& stream : streams.all()) {
    json.begin_object();
    json.member("stream", std::int64_t{stream.id});
    json.member("asked", stream.asked);
    if (stream.begun) json.member("begun", microseconds(*stream.begun - start));
    if (stream.ended) json.member("ended", microseconds(*stream.ended - start));
    add_traffic(json, "in", stream.in);
    add_traffic(json, "out", stream.out);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void add_configuration(JsonWriter& json, const Configuration& configuration) {
  json.begin_object("configuration");
  json.member("generation", configuration.generation);
  json.member("alive", std::uint64_t{configuration.alive});
  json.member("last_reload_successful", configuration.reload_succeeded);
  json.member("last_reload", unix_seconds(configuration.reloaded));
  json.member("since", unix_seconds(configuration.since));
  json.end_object();
}

void add_model(JsonWriter& json, const Sources& sources) {
  json.member("model", sources.model);
  json.member("triggers", sources.triggers);
  json.member("accept", sources.accept);
}

}  // namespace

std::string to_json(const Snapshot& snapshot, const metrics::Metrics& latencies) {
  JsonWriter json;
  json.begin_object();
  json.member("kind", "status");
  json.member("version", POLLUX_VERSION);
  add_model(json, *snapshot.sources);
  json.member("uptime", snapshot.uptime.count());
  json.member("draining", snapshot.draining);
  json.member("tracing", snapshot.tracing);
  add_configuration(json, snapshot.configuration);
  add_connections(json, snapshot);
  add_requests(json, snapshot.metrics);
  json.begin_object("microseconds");
  add_latency(json, "queue_wait", latencies[Histogram::kQueueWait]);
  add_latency(json, "handle", latencies[Histogram::kHandle]);
  add_latency(json, "write", latencies[Histogram::kWrite]);
  add_latency(json, "all", latencies[Histogram::kServe]);
  json.end_object();
  add_loops(json, snapshot.metrics);
  add_pools(json, snapshot.metrics);
  add_parts(json, snapshot);
  add_threads(json, snapshot.threads);
  json.end_object();
  return json.take();
}

std::string to_json(const trace::Recording& recording, const Sources& sources) {
  JsonWriter json;
  json.begin_object();
  json.member("kind", "trace");
  json.member("number", recording.number);
  json.member("peer", recording.peer);
  add_model(json, sources);
  json.member("left_out", std::uint64_t{recording.left_out});
  ThreadNames names;
  json.begin_array("steps");
  for (const trace::Note& note : recording.notes) {
    json.begin_object();
    json.member("at", microseconds(note.at - recording.notes.front().at));
    json.member("thread", names.of(note.thread));
    json.member("what", note.what);
    json.member("detail", note.detail);
    if (note.frame) add_frame(json, *note.frame);
    json.end_object();
  }
  json.end_array();
  if (recording.streams && !recording.notes.empty()) {
    add_streams(json, *recording.streams, recording.notes.front().at);
  }
  json.end_object();
  return json.take();
}

}  // namespace pollux::status
