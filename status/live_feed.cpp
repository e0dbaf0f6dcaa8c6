#include "status/live_feed.h"

#include <charconv>
#include <exception>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/thread_name.h"
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
class Sightings {
 public:
  void look() {
    for (const metrics::ThreadActivity& found : metrics::read_activities())
      ++seen_[found.thread][static_cast<std::size_t>(found.activity)];
  }

  void write_into(Snapshot& snapshot) {
    snapshot.threads.clear();
    for (const metrics::ThreadActivity& found : metrics::read_activities()) {
      snapshot.threads.push_back({names_.of(found.thread), found.activity, seen_[found.thread]});
    }
    seen_.clear();
  }

 private:
  ThreadNames names_;
  std::map<int, ServingThread::Seen> seen_;
};

}  // namespace

LiveFeed::LiveFeed(const Sources& sources)
    : sources_(sources),
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

void LiveFeed::set_idle(const trace::Order* idle) {
  const MutexLock lock(mutex_);
  if (std::exchange(idle_, idle) != idle) rest();
}

void LiveFeed::on_open(const websocket::PeerPtr& peer) {
  watchers_.add(peer);
  const MutexLock lock(mutex_);
  changed_.notify_all();
  if (thread_.joinable()) return;
  thread_ = std::thread([this] {
    name_this_thread("live");
    run();
  });
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
  Sightings sightings;
  while (watchers_.size() > 0) {
    for (int i = 0; i < kLooks; ++i) {
      if (!pause()) return;
      sightings.look();
    }
    Snapshot snapshot = take_snapshot(sources_);
    sightings.write_into(snapshot);
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
