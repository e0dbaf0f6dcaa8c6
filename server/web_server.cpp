#include "server/web_server.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "log/logger.h"
#include "server/logging.h"

namespace pollux::server {

namespace {

// For a client beyond max_connections. There is no session for it that could make up an answer.
constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nServer: pollux\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
    "Connection: close\r\n\r\n";

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

std::size_t most_open_files() { return std::min<std::size_t>(512, raise_descriptor_limit() / 8); }

std::size_t most_connections(const ServerConfig& config) {
  const std::size_t descriptors = raise_descriptor_limit();
  const std::size_t reserved = kOwnDescriptors + most_open_files();
  const std::size_t possible = descriptors > 2 * reserved ? descriptors - reserved : descriptors / 2;
  if (config.max_connections == 0) return possible;
  if (config.max_connections > possible) {
    log::warn(
        "server.max_connections = {}, but the limit of {} descriptors (ulimit -n) leaves room for about {}",
        config.max_connections, descriptors, possible);
  }
  return config.max_connections;
}

http::FileCache::Limits cache_limits(const LimitsConfig& limits) {
  return {.entries = limits.cache_files, .memory = limits.cache_memory, .open_files = most_open_files()};
}

http::ParserLimits parser_limits(const LimitsConfig& limits) {
  return {.request_line = limits.request_line,
          .headers = limits.headers,
          .header_fields = limits.header_fields,
          .body = limits.body};
}

std::vector<std::unique_ptr<ServingLoop>> make_loops(const Config& config, http::Service& service,
                                                     net::AddressLimit& addresses) {
  std::size_t count = 1;
  if (config.server.model == Model::kMultiReactor) count = or_cores(config.server.loops);
  std::vector<std::unique_ptr<ServingLoop>> loops;
  for (std::size_t i = 0; i < count; ++i)
    loops.push_back(std::make_unique<ServingLoop>(config, service, addresses));
  return loops;
}

void warn_about_missing_pages(const SiteConfig& site) {
  const http::DocumentRoot root(site.root);
  for (const auto& [status, page] : site.error_pages) {
    if (root.open(page)) continue;
    log::warn("site.error_page_{} = {} is no file of the site; a built-in page takes its place", status,
              page);
  }
}

}  // namespace

WebServer::WebServer(const Config& config)
    : config_(config),
      max_connections_(most_connections(config.server)),
      access_log_(make_access_log(config.log)),
      cache_(http::ResourceLoader(config.site.root, config.site.index), cache_limits(config.limits)),
      errors_(cache_, config.site.error_pages),
      files_(cache_, errors_, config.limits.ranges),
      echo_(errors_),
      router_(files_),
      service_{.router = router_,
               .errors = errors_,
               .access_log = access_log_.get(),
               .limits = parser_limits(config.limits),
               .keepalive_requests = config.limits.keepalive_requests},
      addresses_(config.limits.connections_per_address),
      loops_(make_loops(config_, service_, addresses_)),
      signals_(loops_.front()->loop(), {SIGTERM, SIGINT, SIGUSR1},
               [this](int signal) { on_signal(signal); }) {
  if (config.site.echo) router_.add(http::Echo::kPath, echo_);
  warn_about_missing_pages(config.site);
  if (config.server.accept == Accept::kThread) accept_thread_ = std::make_unique<AcceptThread>();
  for (const ListenAddress& address : config.server.listen) listen(address);
  for (const auto& serving : loops_) serving->start();
}

// Who accepts, and who serves what was accepted:
//   reuseport   each loop its own listener, and its own connections
//   thread      a thread of its own, which deals them out to the loops in turn
//   loop        the first loop; with several, it deals them out
void WebServer::listen(const ListenAddress& listen) {
  auto address = net::SocketAddress::parse(listen.text());
  if (!address) throw std::runtime_error("cannot listen on " + listen.text() + ": not an address");
  const bool reuse_port = config_.server.accept == Accept::kReuseport;
  const net::Acceptor::Options options{.backlog = static_cast<int>(config_.server.backlog),
                                       .edge_triggered = config_.server.listen_trigger == Trigger::kEdge,
                                       .reuse_port = reuse_port};
  const auto acceptor = [&](net::EventLoop& loop, net::Acceptor::Callback callback) {
    auto made = std::make_unique<net::Acceptor>(loop, *address, options, std::move(callback));
    address = made->address();  // With its real port, for the listeners that share it.
    return made;
  };
  ServingLoop& first = *loops_.front();
  if (accept_thread_) {
    accept_thread_->keep(acceptor(accept_thread_->loop(), deal_out()));
  } else if (reuse_port) {
    for (const auto& serving : loops_) serving->keep(acceptor(serving->loop(), serve_on(*serving)));
  } else {
    first.keep(acceptor(first.loop(), loops_.size() == 1 ? serve_on(first) : deal_out()));
  }
  urls_.push_back("http://" + address->to_string());
}

net::Acceptor::Callback WebServer::serve_on(ServingLoop& serving) {
  return [this, &serving](UniqueFd socket, const net::SocketAddress& peer) {
    if (!refuse_when_full(socket.get())) serving.adopt(std::move(socket), peer);
  };
}

net::Acceptor::Callback WebServer::deal_out() {
  return [this](UniqueFd socket, const net::SocketAddress& peer) {
    if (refuse_when_full(socket.get())) return;
    next_loop_ = (next_loop_ + 1) % loops_.size();
    loops_[next_loop_]->hand_in(std::move(socket), peer);
  };
}

std::size_t WebServer::connections() const {
  std::size_t sum = 0;
  for (const auto& serving : loops_) sum += serving->connections();
  return sum;
}

bool WebServer::refuse_when_full(int socket) const {
  if (connections() < max_connections_) return false;
  (void)::send(socket, kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return true;
}

void WebServer::run() {
  for (std::size_t i = 1; i < loops_.size(); ++i) loops_[i]->run_in_thread();
  if (accept_thread_) accept_thread_->start();
  loops_.front()->run();
  // The last loop to end tells all others; it must be through with that before any of them goes.
  for (const auto& serving : loops_) serving->join();
}

void WebServer::on_signal(int signal) {
  if (signal == SIGUSR1) {
    log::reopen();
    if (access_log_) access_log_->sink().reopen();
    return;
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
  service_.draining.store(true, std::memory_order_relaxed);
  draining_loops_.store(loops_.size(), std::memory_order_relaxed);
  const TimePoint deadline = loops_.front()->loop().now().steady + config_.timeouts.shutdown;
  log::info("shutting down: {} connections are open", connections());
  for (const auto& serving : loops_) {
    serving->drain(deadline, [this] {
      if (draining_loops_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
      for (const auto& ended : loops_) ended->stop();
    });
  }
}

}  // namespace pollux::server
