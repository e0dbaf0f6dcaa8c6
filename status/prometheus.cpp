#include "status/prometheus.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace pollux::status {

namespace {

using metrics::Counter;
using metrics::Gauge;
using metrics::Histogram;

// One metric: its HELP and TYPE, then its samples.
class Family {
 public:
  Family(std::string& text, std::string_view name, std::string_view type, std::string_view help)
      : text_(text), name_(name) {
    put("# HELP pollux_{} {}\n# TYPE pollux_{} {}\n", name, help, name, type);
  }

  template <class Number>
  Family& sample(Number value, std::string_view labels = {}) {
    if (labels.empty()) {
      put("pollux_{} {}\n", name_, value);
    } else {
      put("pollux_{}{{{}}} {}\n", name_, labels, value);
    }
    return *this;
  }

  // Seconds, cumulative, as the format wants them.
  void histogram(const metrics::Distribution& distribution, std::string_view label) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < metrics::kBounds.size(); ++i) {
      below += distribution.buckets[i];
      put("pollux_{}_bucket{{{},le=\"{}\"}} {}\n", name_, label, seconds(metrics::kBounds[i]), below);
    }
    const std::uint64_t all = below + distribution.buckets.back();
    put("pollux_{}_bucket{{{},le=\"+Inf\"}} {}\n", name_, label, all);
    put("pollux_{}_sum{{{}}} {}\n", name_, label, seconds(distribution.sum));
    put("pollux_{}_count{{{}}} {}\n", name_, label, all);
  }

 private:
  static double seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }

  std::string& text_;
  std::string_view name_;
};

void add_connections(std::string& text, const Snapshot& now) {
  const metrics::Metrics& m = now.metrics;
  Family(text, "connections_accepted_total", "counter", "Connections accepted.")
      .sample(m[Counter::kAccepted]);
  Family(text, "connections_refused_total", "counter", "Connections turned away by a limit.")
      .sample(m[Counter::kRefused]);
  Family(text, "proxy_headers_total", "counter",
         "PROXY headers of balancers: understood, malformed, or of nobody who may send one.")
      .sample(m[Counter::kProxyHeaders], "result=\"accepted\"")
      .sample(m[Counter::kProxyMalformed], "result=\"malformed\"")
      .sample(m[Counter::kProxyStrangers], "result=\"untrusted\"");
  Family(text, "connections_open", "gauge", "Connections open.").sample(connections(m));
  Family(text, "connections", "gauge", "Connections, by what they wait for.")
      .sample(m[Gauge::kHandshaking], "waits_for=\"handshake\"")
      .sample(m[Gauge::kReadingHead], "waits_for=\"head\"")
      .sample(m[Gauge::kReadingBody], "waits_for=\"body\"")
      .sample(m[Gauge::kSending], "waits_for=\"send\"")
      .sample(m[Gauge::kKeptAlive], "waits_for=\"request\"")
      .sample(m[Gauge::kWebSocketsOpen], "waits_for=\"message\"")
      .sample(m[Gauge::kClosing], "waits_for=\"close\"")
      .sample(m[Gauge::kLingering], "waits_for=\"end\"")
      .sample(m[Gauge::kHandlingLater], "waits_for=\"handler\"")
      .sample(m[Gauge::kStreams], "waits_for=\"streams\"")
      .sample(m[Gauge::kNoStreams], "waits_for=\"stream\"");
  Family(text, "received_bytes_total", "counter", "Octets received.").sample(m[Counter::kOctetsIn]);
  Family(text, "sent_bytes_total", "counter", "Octets sent.").sample(m[Counter::kOctetsOut]);
  Family(text, "connections_shed_total", "counter", "Connections ended because memory was short.")
      .sample(m[Counter::kShed]);
  Family(text, "blocked_writes_total", "counter", "Times a socket took no more, and was waited for.")
      .sample(m[Counter::kBlockedWrites]);
}

void add_requests(std::string& text, const metrics::Metrics& m) {
  Family(text, "requests_total", "counter", "Requests answered, by method.")
      .sample(m[Counter::kGet], "method=\"GET\"")
      .sample(m[Counter::kHead], "method=\"HEAD\"")
      .sample(m[Counter::kPost], "method=\"POST\"")
      .sample(m[Counter::kOtherMethod], "method=\"other\"");
  Family(text, "responses_total", "counter", "Answers, by class of status.")
      .sample(m[Counter::kAnswers1xx], "status=\"1xx\"")
      .sample(m[Counter::kAnswers2xx], "status=\"2xx\"")
      .sample(m[Counter::kAnswers3xx], "status=\"3xx\"")
      .sample(m[Counter::kAnswers4xx], "status=\"4xx\"")
      .sample(m[Counter::kAnswers5xx], "status=\"5xx\"");
  Family(text, "requests_rate_limited_total", "counter", "Requests refused with 429 by their client's rate.")
      .sample(m[Counter::kRateLimited]);
  Family stages(text, "stage_duration_seconds", "histogram",
                "Time of each event's stages, and of all of them.");
  stages.histogram(m[Histogram::kQueueWait], "stage=\"queue_wait\"");
  stages.histogram(m[Histogram::kHandle], "stage=\"handle\"");
  stages.histogram(m[Histogram::kWrite], "stage=\"write\"");
  stages.histogram(m[Histogram::kServe], "stage=\"all\"");
}

void add_loops(std::string& text, const metrics::Metrics& m) {
  Family(text, "loop_turns_total", "counter", "Calls of epoll_wait or io_uring_enter that have returned.")
      .sample(m[Counter::kTurns]);
  Family(text, "loop_events_total", "counter", "Events or completions that these calls have brought.")
      .sample(m[Counter::kEvents]);
}

void add_pool(std::string& text, const metrics::Metrics& m) {
  Family(text, "pool_threads", "gauge", "Threads of the pools.")
      .sample(m[Gauge::kWorkers], "pool=\"worker\"")
      .sample(m[Gauge::kBlockingThreads], "pool=\"blocking\"");
  Family(text, "pool_busy_threads", "gauge", "Threads of the pools that have something to do.")
      .sample(m[Gauge::kWorkersBusy], "pool=\"worker\"")
      .sample(m[Gauge::kBlockingBusy], "pool=\"blocking\"");
  Family(text, "pool_queue_depth", "gauge", "Connections that wait for a thread of the pools.")
      .sample(m[Gauge::kWorkerQueue], "pool=\"worker\"")
      .sample(m[Gauge::kBlockingQueue], "pool=\"blocking\"");
}

void add_rest(std::string& text, const Snapshot& now) {
  const metrics::Metrics& m = now.metrics;
  Family(text, "file_cache_lookups_total", "counter", "Look-ups in the file cache.")
      .sample(m[Counter::kCacheHits], "result=\"hit\"")
      .sample(m[Counter::kCacheMisses], "result=\"miss\"");
  Family(text, "file_cache_entries", "gauge", "Paths the file cache knows.").sample(now.cache.entries);
  Family(text, "file_cache_bytes", "gauge", "Memory of the file cache.").sample(now.cache.memory);
  Family(text, "file_cache_open_files", "gauge", "Descriptors of the file cache.")
      .sample(now.cache.open_files);
  Family(text, "file_variants_total", "counter", "Compressed variants of files: made, not worth it, put off.")
      .sample(m[Counter::kVariantsMade], "result=\"made\"")
      .sample(m[Counter::kVariantsRefused], "result=\"refused\"")
      .sample(m[Counter::kVariantsPutOff], "result=\"put_off\"");
  Family(text, "site_root_present", "gauge", "1 while the site's directory is there.")
      .sample(now.root_is_there ? 1 : 0);
  Family(text, "site_root_losses_total", "counter", "Times the site's directory went away.")
      .sample(m[Counter::kRootLost]);
  Family(text, "timers_fired_total", "counter", "Timers that fired.").sample(m[Counter::kTimersFired]);
  Family(text, "log_lines_dropped_total", "counter",
         "Log lines lost: they came too fast, or could not be written.")
      .sample(m[Counter::kLogLinesDropped]);
  Family(text, "tls_handshakes_total", "counter", "TLS handshakes.")
      .sample(m[Counter::kHandshakes] - m[Counter::kHandshakesResumed], "result=\"full\"")
      .sample(m[Counter::kHandshakesResumed], "result=\"resumed\"")
      .sample(m[Counter::kHandshakesFailed], "result=\"failed\"")
      .sample(m[Counter::kHandshakesDisplaced], "result=\"displaced\"");
  Family(text, "websockets_total", "counter", "WebSockets opened.").sample(m[Counter::kWebSockets]);
  Family(text, "websocket_messages_total", "counter", "Messages on WebSockets.")
      .sample(m[Counter::kMessagesIn], "direction=\"in\"")
      .sample(m[Counter::kMessagesOut], "direction=\"out\"");
  Family(text, "sql_connections", "gauge", "Connections to the database.").sample(m[Gauge::kSqlConnections]);
  Family(text, "sql_connections_lent", "gauge", "Connections to the database in use.")
      .sample(m[Gauge::kSqlLeased]);
  Family(text, "sql_leases_total", "counter", "Connections to the database lent.")
      .sample(m[Counter::kSqlLeases]);
  Family(text, "sql_failures_total", "counter", "Times the database went away.")
      .sample(m[Counter::kSqlFailures]);
  Family(text, "uptime_seconds", "gauge", "Time since the start.").sample(now.uptime.count());
  const Configuration& configuration = now.configuration;
  Family(text, "config_generation", "gauge", "Configurations that have been in force.")
      .sample(configuration.generation);
  Family(text, "config_generations_alive", "gauge", "Configurations that connections still use.")
      .sample(configuration.alive);
  Family(text, "config_last_reload_successful", "gauge", "1 if the last reload succeeded, or there was none.")
      .sample(configuration.reload_succeeded ? 1 : 0);
  Family(text, "config_last_reload_timestamp_seconds", "gauge", "When it was; at first, the start.")
      .sample(unix_seconds(configuration.reloaded));
  Family(text, "config_last_reload_success_timestamp_seconds", "gauge",
         "When the configuration in force was read.")
      .sample(unix_seconds(configuration.since));
  Family(text, "draining", "gauge", "1 while the server shuts down.").sample(now.draining ? 1 : 0);
}

}  // namespace

std::string prometheus(const Snapshot& snapshot) {
  std::string text;
  add_connections(text, snapshot);
  add_requests(text, snapshot.metrics);
  add_loops(text, snapshot.metrics);
  add_pool(text, snapshot.metrics);
  add_rest(text, snapshot);
  return text;
}

}  // namespace pollux::status
