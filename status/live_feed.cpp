#include "status/live_feed.h"

#include <pthread.h>

#include <charconv>
#include <exception>
#include <map>
#include <optional>
#include <string_view>

#include "log/throttle.h"
#include "status/json_writer.h"
#include "status/status_json.h"
#include "status/thread_names.h"

namespace pollux::status {

namespace {

constexpr milliseconds kLookEvery{10};
constexpr int kLooks = 50;  // For one message.

void report(const std::exception& error) {
  static log::Throttle throttle(1);
  throttle.log(log::Level::kError, "/ws/live: {}", error.what());
}

// What is to be followed; std::nullopt: it is no order.
std::optional<trace::Order> parse_order(std::string_view order) {
  if (order == "next") return trace::Order{.max = 1, .peer = {}};
  if (order.starts_with("every ")) {
    order.remove_prefix(6);
    trace::Order result{.peer = {}};
    const auto [end, error] = std::from_chars(order.data(), order.data() + order.size(), result.every);
    const bool good = error == std::errc() && end == order.data() + order.size() && result.every > 0;
    return good ? std::optional(result) : std::nullopt;
  }
  if (order.starts_with("from ") && order.size() > 5 && order.size() < 64)
    return trace::Order{.peer = std::string(order.substr(5))};
  return std::nullopt;
}

// Adds up at what the threads are found.
class LaneCounts {
 public:
  void look() {
    for (const metrics::Lane& lane : metrics::read_lanes())
      ++seen_[lane.thread][static_cast<std::size_t>(lane.activity)];
  }

  void write_into(Snapshot& snapshot) {
    snapshot.lanes.clear();
    for (const metrics::Lane& lane : metrics::read_lanes()) {
      snapshot.lanes.push_back({names_.of(lane.thread), lane.activity, seen_[lane.thread]});
    }
    seen_.clear();
  }

 private:
  ThreadNames names_;
  std::map<int, Lane::Seen> seen_;
};

}  // namespace

LiveFeed::LiveFeed(const Sources& sources, const trace::Order* idle)
    : sources_(sources),
      idle_(idle),
      listening_(
          trace::Tracer::instance().listen([this](const trace::Recording& recording) { tell(recording); })) {}

LiveFeed::~LiveFeed() {
  listening_.reset();
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LiveFeed::on_open(const websocket::PeerPtr& peer) {
  watchers_.add(peer);
  const MutexLock lock(mutex_);
  changed_.notify_all();
  if (thread_.joinable()) return;
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "live");
}

void LiveFeed::on_message(const websocket::PeerPtr& peer, const websocket::Message& message) {
  constexpr std::string_view kTrace = "trace ";
  std::string_view order = message.payload;
  if (!message.text || !order.starts_with(kTrace))
    return peer->close(websocket::CloseCode::kUnsupported, "see /live");
  order.remove_prefix(kTrace.size());
  const auto parsed = parse_order(order);
  if (!parsed && order != "off") return peer->close(websocket::CloseCode::kUnsupported, "see /live");
  {
    const MutexLock lock(mutex_);
    parsed ? trace::Tracer::instance().follow(*parsed) : rest();
  }
  JsonWriter json;
  json.begin_object();
  json.member("kind", "tracing");
  json.member("order", order);
  json.end_object();
  watchers_.broadcast({true, json.take()});
}

void LiveFeed::on_close(const websocket::PeerPtr& peer, websocket::CloseCode /*code*/) {
  const MutexLock lock(mutex_);
  watchers_.remove(peer);
  if (watchers_.size() == 0) rest();
}

// Nobody asks for anything.
void LiveFeed::rest() const {
  if (idle_ != nullptr) return trace::Tracer::instance().follow(*idle_);
  trace::Tracer::instance().stop();
}

void LiveFeed::tell(const trace::Recording& recording) {
  try {
    if (watchers_.size() > 0) watchers_.broadcast({true, to_json(recording, sources_)});
  } catch (const std::exception& error) {
    report(error);
  }
}

void LiveFeed::run() {
  while (wait_for_watchers()) {
    try {
      watch();
    } catch (const std::exception& error) {  // No memory, or no /proc: perhaps next time.
      report(error);
    }
  }
}

// Until nobody watches any more.
void LiveFeed::watch() {
  metrics::Metrics before = metrics::read_metrics();
  LaneCounts lanes;
  while (watchers_.size() > 0) {
    for (int i = 0; i < kLooks; ++i) {
      if (!pause()) return;
      lanes.look();
    }
    Snapshot snapshot = take_snapshot(sources_);
    lanes.write_into(snapshot);
    metrics::Metrics moment = snapshot.metrics;
    for (std::size_t i = 0; i < moment.histograms.size(); ++i) moment.histograms[i] -= before.histograms[i];
    before = snapshot.metrics;
    watchers_.broadcast({true, to_json(snapshot, moment)});
  }
}

bool LiveFeed::wait_for_watchers() {
  const MutexLock lock(mutex_);
  while (!ending_ && watchers_.size() == 0) changed_.wait(mutex_);
  return !ending_;
}

bool LiveFeed::pause() {
  const MutexLock lock(mutex_);
  if (!ending_) changed_.wait_for(mutex_, kLookEvery);
  return !ending_;
}

}  // namespace pollux::status
