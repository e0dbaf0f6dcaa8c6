#include "server/web_server.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "base/metrics.h"
#include "log/logger.h"
#include "server/listen_check.h"
#include "server/logging.h"
#include "server/memory_limit.h"

namespace pollux::server {

namespace {

// For those who are not admitted: there is no session that could make up an answer.
std::string refusal(http::Status status) {
  return fmt::format("{}Server: pollux\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                     http::status_line(status));
}

http::Status status_of(net::Admission::Refusal refusal) {
  return refusal == net::Admission::Refusal::kFull ? http::Status::kServiceUnavailable
                                                   : http::Status::kTooManyRequests;
}

// After a hand-over: how long a client has asked for nothing when its connection is ended; and how long those
// have that are told of the end at timeouts.shutdown, such as WebSockets.
constexpr milliseconds kQuiet{1000};
constexpr milliseconds kFarewell{2000};

constexpr std::size_t kOwnDescriptors = 64;  // Logs, listeners, epoll, files being loaded, and some to spare.

// Takes all descriptors the system grants, and returns how many that are.
std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::size_t max_open_files() { return std::min<std::size_t>(512, raise_descriptor_limit() / 8); }

std::size_t max_connections(const ServerConfig& config) {
  const std::size_t descriptors = raise_descriptor_limit();
  const std::size_t reserved = kOwnDescriptors + max_open_files();
  const std::size_t possible = descriptors > 2 * reserved ? descriptors - reserved : descriptors / 2;
  if (config.max_connections == 0) return possible;
  if (config.max_connections > possible) {
    log::warn(
        "server.max_connections = {}, but the limit of {} descriptors (ulimit -n) leaves room for about {}",
        config.max_connections, descriptors, possible);
  }
  return config.max_connections;
}

std::vector<std::unique_ptr<ServingLoop>> make_loops(const Config& config, const SharedBounds& shared) {
  std::size_t count = 1;
  if (serves_in_loops(config.server.model)) count = or_cores(config.server.loops);
  std::vector<std::unique_ptr<ServingLoop>> loops;
  for (std::size_t i = 0; i < count; ++i) loops.push_back(std::make_unique<ServingLoop>(config, shared));
  return loops;
}

http2::SessionOptions http2_options(const Config& config) {
  const std::uint64_t header_list = config.limits.headers + config.limits.request_line;
  return {.frames = {.streams = config.limits.http2_streams,
                     .header_list = static_cast<std::uint32_t>(header_list),
                     .tunnels = true},
          .header = config.timeouts.header,
          .body = config.timeouts.body,
          .send = config.timeouts.send,
          .keepalive = config.timeouts.keepalive};
}

}  // namespace

WebServer::WebServer(const Config& config, Surroundings surroundings)
    : config_(config),
      sandbox_(surroundings.sandbox),
      manager_(surroundings.manager),
      tls_(std::move(surroundings.tls)),
      sites_(config_, max_open_files(),
             [this](std::string_view host) { return tls_ != nullptr && tls_->is_for(host); }),
      http2_(http2_options(config)),
      plain_{.service = sites_.plain(), .http2 = config.server.h2c ? &http2_ : nullptr},
      https_{.service = sites_.https(), .tls = tls_.get(), .http2 = config.server.http2 ? &http2_ : nullptr},
      status_{.service = sites_.status()},
      admission_(max_connections(config.server), config.limits.connections_per_address),
      memory_(memory_limit(config.limits)),
      loops_(make_loops(config_, {memory_, wide_places_})),
      listeners_(config_.server, surroundings.sockets, loops_,
                 [this](UniqueFd socket, const net::SocketAddress& peer, const Listener& listener) {
                   return admit(std::move(socket), peer, listener);
                 }),
      signals_(loops_.front()->loop(), {SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP, SIGCHLD},
               [this](int signal) { on_signal(signal); }),
      ticket_keys_due_([this](TimePoint) {
        tls_->rotate_ticket_keys();
        schedule_ticket_keys(tls::TicketKeys::kPeriod);
      }),
      hand_over_due_([this](TimePoint now) { end_after_hand_over(now); }),
      upgrade_(loops_.front()->loop(), std::move(surroundings.invocation), manager_,
               [this] { hand_over(); }) {
  listen_on_all();
  if (MemberArea* area = sites_.member_area()) area->prepare();
  for (const auto& serving : loops_) serving->start();
  if (tls_) schedule_ticket_keys(surroundings.ticket_keys_due);
  serving_ = fmt::format("serving {}", fmt::join(urls_, ", "));
}

void WebServer::listen_on_all() {
  bool first_https = true;
  for (const NamedAddress& place : addresses_of(config_)) {
    const bool encrypted = place.key == "tls.listen";
    const Listener& listener = encrypted ? https_ : place.key == "status.listen" ? status_ : plain_;
    const auto bound = listeners_.open(place, listener);
    if (!bound) continue;
    if (encrypted && std::exchange(first_https, false)) sites_.set_https_port(bound->port());
    urls_.push_back(fmt::format("{}://{}", encrypted ? "https" : "http", bound->to_string()));
  }
}

std::optional<Arrival> WebServer::admit(UniqueFd socket, const net::SocketAddress& peer,
                                        const Listener& listener) {
  auto admitted = admission_.admit(peer);
  if (const auto* reason = std::get_if<net::Admission::Refusal>(&admitted)) {
    metrics::count(metrics::Counter::kRefused);
    listener.turn_away(socket.get(), refusal(status_of(*reason)));
    return std::nullopt;
  }
  metrics::count(metrics::Counter::kAccepted);
  return Arrival{std::move(socket), peer, std::get<net::Admission::Place>(std::move(admitted)), &listener};
}

// Also when run() has failed half-way. No loop may go while another still runs: the last one to end tells all
// others.
WebServer::~WebServer() {
  for (const auto& serving : loops_) serving->stop();
  for (const auto& serving : loops_) serving->join();
  for (const auto& serving : loops_) serving->end_workers();
  std::size_t cut_off = 0;
  for (const auto& serving : loops_) cut_off += serving->cut_off_connections();
  if (cut_off > 0) log::info("connections cut off: {}", cut_off);
}

void WebServer::run() {
  listeners_.start();
  for (std::size_t i = 1; i < loops_.size(); ++i) loops_[i]->run_in_thread();
  if (manager_.watchdog() > std::chrono::microseconds(0)) watch_loops();
  loops_.front()->run();
}

void WebServer::schedule_ticket_keys(milliseconds due) {
  net::EventLoop& loop = loops_.front()->loop();
  loop.timers().arm(ticket_keys_due_, loop.now().steady + due);
}

void WebServer::watch_loops() {
  std::vector<net::EventLoop*> watched;
  for (const auto& serving : loops_) watched.push_back(&serving->loop());
  if (net::EventLoop* loop = listeners_.own_loop()) watched.push_back(loop);
  watchdog_.emplace(loops_.front()->loop(), watched, manager_);
}

void WebServer::on_signal(int signal) {
  switch (signal) {
    case SIGUSR1:
      log::reopen();
      sites_.reopen_access_logs();
      return log::info("SIGUSR1: the logs are opened anew");
    case SIGHUP: return reload();
    case SIGUSR2: return begin_upgrade();
    case SIGCHLD: return upgrade_.on_child_signal();
    default: break;
  }
  if (!shutting_down_) return shut_down(config_.timeouts.shutdown);
  for (const auto& serving : loops_) serving->stop();  // Asked twice: at once.
}

void WebServer::reload() {
  if (tls_ == nullptr) return log::info("SIGHUP: there are no certificates to be read again");
  manager_.reloading("reading the certificates");
  tls_->reload();
  manager_.ready(serving_);
}

// --- The end -------------------------------------------------------------------------------------

void WebServer::begin_upgrade() {
  if (handed_over_ || shutting_down_) return log::warn("SIGUSR2: this process is about to end");
  std::optional<Legacy::TicketKeys> keys;
  if (tls_) {
    keys.emplace();
    keys->octets = tls_->ticket_keys().octets();
    keys->due = std::chrono::ceil<milliseconds>(ticket_keys_due_.due() - loops_.front()->loop().now().steady);
  }
  upgrade_.begin(listeners_, sandbox_, std::move(keys));
}

// Another process accepts on the same sockets. What this one has goes on until timeouts.shutdown; but each
// answer is the last on its connection. For a while no connection is ended: one that is idle may be about to
// get a request, and what the kernel has accepted may not have reached its loop.
void WebServer::hand_over() {
  handed_over_ = true;
  if (watchdog_) watchdog_->stop();
  listeners_.close();
  sites_.answer_last_requests();
  net::EventLoop& loop = loops_.front()->loop();
  hand_over_deadline_ = loop.now().steady + config_.timeouts.shutdown;
  loop.timers().arm(hand_over_due_, std::min(loop.now().steady + kQuiet, hand_over_deadline_));
}

void WebServer::end_after_hand_over(TimePoint now) {
  if (now >= hand_over_deadline_) return shut_down(kFarewell);
  listeners_.stop();
  loops_.front()->loop().timers().arm(hand_over_due_, hand_over_deadline_);
  drain(hand_over_deadline_ + kFarewell, kQuiet);
}

void WebServer::shut_down(milliseconds time) {
  shutting_down_ = true;
  upgrade_.cancel();
  if (watchdog_) watchdog_->stop();
  loops_.front()->loop().timers().cancel(hand_over_due_);
  manager_.stopping("finishing what is in flight");
  listeners_.stop();
  sites_.drain();
  log::info("shutting down: {} connections are open", admission_.size());
  drain(loops_.front()->loop().now().steady + time, milliseconds(0));
}

void WebServer::drain(TimePoint deadline, milliseconds quiet) {
  // First nobody deals out connections any more, then the loops end.
  loops_.front()->loop().post([this, deadline, quiet] {
    // Shared by the loops: the last of them to be done tells all. Relaxed: stop() orders it.
    const auto left = std::make_shared<std::atomic<std::size_t>>(loops_.size());
    for (const auto& serving : loops_) {
      serving->drain(deadline, quiet, [this, left] {
        if (left->fetch_sub(1, std::memory_order_relaxed) != 1) return;
        for (const auto& ended : loops_) ended->stop();
      });
    }
  });
}

}  // namespace pollux::server
