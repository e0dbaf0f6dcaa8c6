#include "server/web_server.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>
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
#include "log/throttle.h"
#include "server/config/fixed_keys.h"
#include "server/config/memory_limit.h"
#include "server/process/hidden_memory.h"

namespace pollux::server {

namespace {

// For clients that are not admitted: there is no session to make a response.
std::string refusal(http::Status status) {
  return fmt::format("{}Server: pollux\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                     http::status_line(status));
}

http::Status status_of(net::Admission::Refusal refusal) {
  return refusal == net::Admission::Refusal::kFull ? http::Status::kServiceUnavailable
                                                   : http::Status::kTooManyRequests;
}

void report_stranger(const net::SocketAddress& peer) {
  metrics::count(metrics::Counter::kProxyStrangers);
  static log::Throttle throttle(1);
  throttle.log(log::Level::kWarn,
               "{} is none of server.trusted_proxies, and cannot connect where the PROXY protocol is spoken",
               peer.host());
}

// After a hand-over: how long a client must have been without a request before its connection is ended; and
// how long clients have that are told of the end at timeouts.shutdown, such as WebSockets.
constexpr milliseconds kQuiet{1000};
constexpr milliseconds kFarewell{2000};

// WebSockets may last for days, and each keeps its old configuration alive, with threads. Beyond this number
// of older configurations, the WebSockets of the oldest are told to go (1001): clients connect again, and
// find the new one.
constexpr std::size_t kOldGenerations = 8;

constexpr std::size_t kOwnDescriptors = 64;  // Logs, listeners, epoll, files being loaded, and some to spare.

// Raises the limit of descriptors to the system's maximum, and returns it.
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

std::vector<std::unique_ptr<ServingLoop>> make_loops(const Config& config, const SharedBounds& shared,
                                                     Pollers& pollers) {
  std::vector<std::unique_ptr<ServingLoop>> loops;
  while (loops.size() < loops_of(config.server))
    loops.push_back(std::make_unique<ServingLoop>(config, shared, pollers.take()));
  return loops;
}

std::vector<std::string> urls_of(const std::vector<Listeners::Open>& all) {
  std::vector<std::string> urls;
  for (const Listeners::Open& open : all) {
    const ListenAddress& where = open.at.where;
    urls.push_back((is_https(open.at.kind) ? "https://" : "http://") +
                   (where.is_unix() ? where.text() : open.address.to_string()));
  }
  return urls;
}

void tell_https_port(Generation& generation, const std::vector<Listeners::Open>& all) {
  const auto https = std::find_if(all.begin(), all.end(), [](const Listeners::Open& open) {
    return is_https(open.at.kind) && !open.at.where.is_unix();
  });
  if (https != all.end()) generation.set_https_port(https->address.port());
}

}  // namespace

WebServer::WebServer(const Config& written, const Config& config, Read read, Surroundings surroundings)
    : written_(written),
      config_(config),
      sockets_(surroundings.sockets),
      sandbox_(surroundings.sandbox),
      manager_(surroundings.manager),
      ticket_keys_(surroundings.ticket_keys),
      reloader_(reloading(std::move(read)), reloads_),
      admission_(max_connections(config.server), config.limits.connections_per_address),
      memory_(memory_limit(config.limits)),
      generations_([this] { reloader_.look(); }),
      sources_(make_sources(config_.server, generations_, reloads_, draining_)),
      feed_(sources_),
      trace_printer_(sources_, feed_),
      lasting_{ticket_keys_, access_files_, chat_, sources_, feed_, answers_are_last_},
      loops_(make_loops(config_, {memory_, wide_places_}, surroundings.pollers)),
      listeners_(config_.server, sockets_, loops_, surroundings.pollers,
                 [this](UniqueFd socket, const net::SocketAddress& peer,
                        const std::shared_ptr<const Listener>& listener) {
                   return admit(std::move(socket), peer, listener);
                 }),
      signals_(loops_.front()->loop(), {SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP, SIGCHLD},
               [this](int signal) { on_signal(signal); }),
      ticket_keys_due_([this](TimePoint) {
        ticket_keys_.rotate();
        schedule_ticket_keys(tls::TicketKeys::kPeriod);
      }),
      hand_over_due_([this](TimePoint now) { end_after_hand_over(now); }),
      upgrade_(loops_.front()->loop(), std::move(surroundings.invocation), manager_,
               [this] { hand_over(); }) {
  const auto generation = generations_.make(config_, std::move(surroundings.tls), lasting_, max_open_files());
  Listeners::Plan plan = listeners_.prepare(config_, listeners_.make_way(config_));
  tell_https_port(*generation, plan.open);
  (void)generations_.put_in_force(generation);
  listeners_.put_in_force(std::move(plan), generation);
  urls_ = urls_of(listeners_.open());
  generation->begin();
  trace_printer_.set(config_.status.enabled && config_.status.trace);
  for (const auto& serving : loops_) serving->start();
  schedule_ticket_keys(surroundings.ticket_keys_due);
}

std::string WebServer::description() const { return fmt::format("serving {}", fmt::join(urls_, ", ")); }

std::optional<Arrival> WebServer::admit(UniqueFd socket, const net::SocketAddress& peer,
                                        const std::shared_ptr<const Listener>& listener) {
  if (listener->balancers != nullptr && !listener->balancers->include(peer.host())) {
    report_stranger(peer);
    return std::nullopt;
  }
  // A proxy's connections come from many clients.
  const bool for_many = admission_.limits_addresses() && listener->service.proxies.include(peer.host());
  auto admitted = admission_.admit(peer, for_many);
  if (const auto* reason = std::get_if<net::Admission::Refusal>(&admitted)) {
    metrics::count(metrics::Counter::kRefused);
    listener->turn_away(socket.get(), refusal(status_of(*reason)));
    return std::nullopt;
  }
  metrics::count(metrics::Counter::kAccepted);
  return Arrival{std::move(socket), peer, std::get<net::Admission::Place>(std::move(admitted)), listener};
}

// Also when run() has failed half-way. No loop may be destroyed while another still runs: the last one to end
// notifies all.
WebServer::~WebServer() {
  listeners_.stop();
  for (const auto& serving : loops_) serving->stop();
  for (const auto& serving : loops_) serving->join();
  reloader_.end();
  for (const auto& serving : loops_) serving->end_workers();
  std::size_t cut_off = 0;
  for (const auto& serving : loops_) cut_off += serving->cut_off_connections();
  if (cut_off > 0) log::info("connections cut off: {}", cut_off);
}

void WebServer::run() {
  reloader_.start();
  listeners_.start();
  for (std::size_t i = 1; i < loops_.size(); ++i) loops_[i]->run_in_thread();
  if (manager_.watchdog() > std::chrono::microseconds(0)) watch_loops();
  loops_.front()->run();
}

// --- Another configuration -----------------------------------------------------------------------

Reloader::Work WebServer::reloading(Read read) {
  return {.read = std::move(read),
          .apply = [this](Config fresh) { apply(std::move(fresh)); },
          .done =
              [this](bool succeeded) {
                loops_.front()->loop().post([this, succeeded] {
                  manager_.ready(description() + (succeeded ? "" : "; a reload was refused, see the log"));
                });
              },
          .clean_up = [this] { clean_up(); }};
}

// Steps that may fail come first, and change nothing.
void WebServer::apply(Config config) {
  sockets_.put_names_into(config);
  const std::shared_ptr<Generation> before = generations_.in_force();
  for (const std::string_view key : keep_fixed_keys(written_, config_, config))
    log::warn("{} cannot change while the server runs: it stays as it is until a restart", key);
  if (const auto path = sandbox_.refused(config)) {
    throw std::runtime_error(
        fmt::format("{} is outside of the sandbox (server.sandbox): it takes a restart", *path));
  }
  const auto fresh =
      generations_.make(config, make_identity(config, ticket_keys_), lasting_, max_open_files());
  auto plan = std::make_shared<Listeners::Plan>(listeners_.prepare(config, what_is_open(config)));
  tell_https_port(*fresh, plan->open);
  LogChange log_change(before->config().log, fresh->config().log);

  if (has_secrets(config) && !config.server.core_dumps) hide_memory();
  log_change.make();
  access_files_.set_rotation(rotation_of(config.log));
  fresh->begin();
  const bool ran =
      reloader_.run_on(loops_.front()->loop(), [this, plan, fresh] { go_on_with(std::move(*plan), fresh); });
  if (!ran || generations_.in_force() != fresh) return;  // The server ends.
  for (net::EventLoop* loop : listeners_.accepting_loops()) {
    if (!reloader_.run_on(*loop, [] {})) return;  // From now on clients find the new configuration.
  }
  trace_printer_.set(config.status.enabled && config.status.trace);
  before->shrink();
  log::info("the configuration was read again; it is number {}", generations_.number());
}

// On the first loop, which alone knows what is open.
std::vector<Listeners::Open> WebServer::what_is_open(const Config& config) {
  // Shared with a function that may run late, or never, as the server may end meanwhile.
  const auto open = std::make_shared<std::optional<std::vector<Listeners::Open>>>();
  const bool ran = reloader_.run_on(loops_.front()->loop(), [this, open, config] {
    if (!shutting_down_ && !handed_over_) *open = listeners_.make_way(config);
  });
  if (!ran || !*open) throw std::runtime_error("this process is about to end");
  return std::move(**open);
}

// On the first loop, and so never during shut_down().
void WebServer::go_on_with(Listeners::Plan plan, const std::shared_ptr<Generation>& generation) {
  if (shutting_down_ || handed_over_) return;
  const Config& config = generation->config();
  admission_.set_limits(max_connections(config.server), config.limits.connections_per_address);
  memory_.set_limit(memory_limit(config.limits));
  (void)generations_.put_in_force(generation);
  generations_.drain_beyond(kOldGenerations);
  listeners_.put_in_force(std::move(plan), generation);
  urls_ = urls_of(listeners_.open());
  for (const auto& serving : loops_) serving->on_reload(config.timeouts.queue);
}

void WebServer::clean_up() {
  if (generations_.destroy_ended() > 0) ::malloc_trim(0);
}

// --- Signals -------------------------------------------------------------------------------------

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
      access_files_.reopen();
      return log::info("SIGUSR1: the logs are opened anew");
    case SIGHUP: return reload();
    case SIGUSR2: return begin_upgrade();
    case SIGCHLD: return upgrade_.on_child_signal();
    default: break;
  }
  if (!shutting_down_) return shut_down(generations_.in_force()->config().timeouts.shutdown);
  for (const auto& serving : loops_) serving->stop();  // Asked twice: stop at once.
}

void WebServer::reload() {
  if (handed_over_ || shutting_down_) return log::warn("SIGHUP: this process is about to end");
  manager_.reloading("reading the configuration");
  reloader_.request();
}

// --- Another program -----------------------------------------------------------------------------

void WebServer::begin_upgrade() {
  if (handed_over_ || shutting_down_) return log::warn("SIGUSR2: this process is about to end");
  std::optional<Legacy::TicketKeys> keys;
  if (!generations_.in_force()->config().tls.listen.empty()) {
    keys.emplace();
    keys->octets = ticket_keys_.octets();
    keys->due = std::chrono::ceil<milliseconds>(ticket_keys_due_.due() - loops_.front()->loop().now().steady);
  }
  upgrade_.begin(listeners_, sandbox_, std::move(keys));
}

// Another process accepts on the same sockets. This one's connections go on until timeouts.shutdown, but each
// response is the last on its connection. For a while no connection is ended: an idle one may be about to get
// a request, and a connection that the kernel has accepted may not have reached its loop.
void WebServer::hand_over() {
  handed_over_ = true;
  if (watchdog_) watchdog_->stop();
  listeners_.hand_over();
  answers_are_last_.store(true, std::memory_order_relaxed);
  net::EventLoop& loop = loops_.front()->loop();
  hand_over_deadline_ = loop.now().steady + generations_.in_force()->config().timeouts.shutdown;
  loop.timers().arm(hand_over_due_, std::min(loop.now().steady + kQuiet, hand_over_deadline_));
}

void WebServer::end_after_hand_over(TimePoint now) {
  if (now >= hand_over_deadline_) return shut_down(kFarewell);
  listeners_.stop();
  loops_.front()->loop().timers().arm(hand_over_due_, hand_over_deadline_);
  drain(hand_over_deadline_ + kFarewell, kQuiet);
}

// --- The end -------------------------------------------------------------------------------------

void WebServer::shut_down(milliseconds time) {
  shutting_down_ = true;
  upgrade_.cancel();
  if (watchdog_) watchdog_->stop();
  loops_.front()->loop().timers().cancel(hand_over_due_);
  manager_.stopping("finishing what is in flight");
  listeners_.stop();
  answers_are_last_.store(true, std::memory_order_relaxed);
  draining_.store(true, std::memory_order_relaxed);
  generations_.drain();
  log::info("shutting down: {} connections are open", admission_.size());
  drain(loops_.front()->loop().now().steady + time, milliseconds(0));
}

void WebServer::drain(TimePoint deadline, milliseconds quiet) {
  // First the dealing out of connections stops, then the loops end.
  loops_.front()->loop().post([this, deadline, quiet] {
    // Shared by the loops: the last one to finish notifies all. Relaxed: stop() orders it.
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
