#include "server/web_server.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include "base/metrics.h"
#include "log/logger.h"
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

std::vector<std::unique_ptr<ServingLoop>> make_loops(const Config& config, const SharedBounds& shared,
                                                     Pollers& pollers) {
  std::vector<std::unique_ptr<ServingLoop>> loops;
  while (loops.size() < loops_of(config.server))
    loops.push_back(std::make_unique<ServingLoop>(config, shared, pollers.take()));
  return loops;
}

// nullptr: no TLS. With accounts, passwords come in.
std::unique_ptr<TlsIdentity> make_identity(const Config& config) {
  if (config.tls.listen.empty()) return nullptr;
  return std::make_unique<TlsIdentity>(
      config.tls, tls::ServerOptions{.least = config.tls.min_version,
                                     .plaintext = config.accounts.enabled ? tls::Plaintext::kOverwritten
                                                                          : tls::Plaintext::kLeft,
                                     .http2 = config.server.http2});
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

WebServer::WebServer(const Config& config, Pollers pollers)
    : config_(config),
      tls_(make_identity(config)),
      sites_(config_, max_open_files(),
             [this](std::string_view host) { return tls_ != nullptr && tls_->is_for(host); }),
      http2_(http2_options(config)),
      plain_{.service = sites_.plain(), .http2 = config.server.h2c ? &http2_ : nullptr},
      https_{.service = sites_.https(), .tls = tls_.get(), .http2 = config.server.http2 ? &http2_ : nullptr},
      status_{.service = sites_.status()},
      admission_(max_connections(config.server), config.limits.connections_per_address),
      memory_(memory_limit(config.limits)),
      loops_(make_loops(config_, {memory_, wide_places_}, pollers)),
      signals_(loops_.front()->loop(), {SIGTERM, SIGINT, SIGUSR1, SIGHUP},
               [this](int signal) { on_signal(signal); }),
      ticket_keys_due_([this](TimePoint) {
        tls_->rotate_ticket_keys();
        schedule_ticket_keys();
      }) {
  if (config.server.accept == Accept::kThread)
    accept_thread_ = std::make_unique<AcceptThread>(pollers.take());
  listen_on_all();
  if (MemberArea* area = sites_.member_area()) area->prepare();
  for (const auto& serving : loops_) serving->start();
  if (tls_) schedule_ticket_keys();
}

void WebServer::listen_on_all() {
  for (const ListenAddress& address : config_.server.listen) {
    urls_.push_back("http://" + listen(address, plain_).to_string());
  }
  for (const ListenAddress& address : config_.tls.listen) {
    const net::SocketAddress bound = listen(address, https_);
    if (&address == &config_.tls.listen.front()) sites_.set_https_port(bound.port());
    urls_.push_back("https://" + bound.to_string());
  }
  for (const ListenAddress& address : config_.status.listen) {
    urls_.push_back("http://" + listen(address, status_).to_string());
  }
}

// Who accepts, and who serves what was accepted:
//   reuseport   each loop its own listener, and its own connections
//   thread      a thread of its own, which deals them out to the loops in turn
//   loop        the first loop; with several, it deals them out
net::SocketAddress WebServer::listen(const ListenAddress& where, const Listener& listener) {
  auto address = net::SocketAddress::parse(where.text());
  if (!address) throw std::runtime_error("cannot listen on " + where.text() + ": not an address");
  const bool reuse_port = config_.server.accept == Accept::kReuseport;
  const net::Acceptor::Options options{.backlog = static_cast<int>(config_.server.backlog),
                                       .edge_triggered = config_.server.listen_trigger == Trigger::kEdge,
                                       .deferred = config_.server.defer_accept,
                                       .reuse_port = reuse_port};
  const auto acceptor = [&](net::EventLoop& loop, net::Acceptor::Callback callback) {
    auto made = std::make_unique<net::Acceptor>(loop, *address, options, std::move(callback));
    address = made->address();  // With its real port, for the listeners that share it.
    return made;
  };
  ServingLoop& first = *loops_.front();
  if (accept_thread_) {
    accept_thread_->keep(acceptor(accept_thread_->loop(), deal_out(listener)));
  } else if (reuse_port) {
    for (const auto& serving : loops_) {
      serving->keep(acceptor(serving->loop(), serve_on(*serving, listener)));
    }
  } else {
    first.keep(acceptor(first.loop(), loops_.size() == 1 ? serve_on(first, listener) : deal_out(listener)));
  }
  return *address;
}

net::Acceptor::Callback WebServer::serve_on(ServingLoop& serving, const Listener& listener) {
  return [this, &serving, &listener](UniqueFd socket, const net::SocketAddress& peer) {
    if (auto arrival = admit(std::move(socket), peer, listener)) serving.adopt(std::move(*arrival));
  };
}

net::Acceptor::Callback WebServer::deal_out(const Listener& listener) {
  return [this, &listener](UniqueFd socket, const net::SocketAddress& peer) {
    auto arrival = admit(std::move(socket), peer, listener);
    if (!arrival) return;
    next_loop_ = (next_loop_ + 1) % loops_.size();
    loops_[next_loop_]->hand_in(std::move(*arrival));
  };
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
  for (std::size_t i = 1; i < loops_.size(); ++i) loops_[i]->run_in_thread();
  if (accept_thread_) accept_thread_->start();
  loops_.front()->run();
}

void WebServer::schedule_ticket_keys() {
  net::EventLoop& loop = loops_.front()->loop();
  loop.timers().arm(ticket_keys_due_, loop.now().steady + tls::TicketKeys::kPeriod);
}

void WebServer::on_signal(int signal) {
  if (signal == SIGUSR1) {
    log::reopen();
    sites_.reopen_access_logs();
    return log::info("SIGUSR1: the logs are opened anew");
  }
  if (signal == SIGHUP) {
    if (tls_ == nullptr) return log::info("SIGHUP: there are no certificates to be read again");
    return tls_->reload();
  }
  if (shutting_down_) {  // Asked twice: at once.
    for (const auto& serving : loops_) serving->stop();
    return;
  }
  shut_down();
}

void WebServer::shut_down() {
  shutting_down_ = true;
  if (accept_thread_) accept_thread_->stop();
  sites_.drain();
  draining_loops_.store(loops_.size(), std::memory_order_relaxed);
  const TimePoint deadline = loops_.front()->loop().now().steady + config_.timeouts.shutdown;
  log::info("shutting down: {} connections are open", admission_.size());
  // First nobody deals out connections any more, then the loops end.
  loops_.front()->loop().post([this, deadline] {
    loops_.front()->stop_listening();
    for (const auto& serving : loops_) {
      serving->drain(deadline, [this] {
        if (draining_loops_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
        for (const auto& ended : loops_) ended->stop();
      });
    }
  });
}

}  // namespace pollux::server
