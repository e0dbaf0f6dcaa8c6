#include "server/web_server.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "http/http1_session.h"
#include "log/logger.h"
#include "server/logging.h"

namespace pollux::server {

namespace {

// For a client beyond max_connections. There is no session for it that could make up an answer.
constexpr std::string_view kFull =
    "HTTP/1.1 503 Service Unavailable\r\nServer: pollux\r\nRetry-After: 1\r\nContent-Length: "
    "0\r\nConnection: close\r\n\r\n";

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

std::size_t most_open_files(std::size_t descriptors) { return std::min<std::size_t>(512, descriptors / 8); }

std::size_t most_connections(const ServerConfig& config) {
  const std::size_t descriptors = raise_descriptor_limit();
  const std::size_t reserved = kOwnDescriptors + most_open_files(descriptors);
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
  rlimit descriptors{};
  (void)::getrlimit(RLIMIT_NOFILE, &descriptors);
  return {.entries = limits.cache_files,
          .memory = limits.cache_memory,
          .open_files = most_open_files(descriptors.rlim_cur)};
}

http::ParserLimits parser_limits(const LimitsConfig& limits) {
  return {.request_line = limits.request_line,
          .headers = limits.headers,
          .header_fields = limits.header_fields,
          .body = limits.body};
}

net::ConnectionOptions connection_options(const Config& config) {
  return {.timeouts = {.header = config.timeouts.header,
                       .body = config.timeouts.body,
                       .send = config.timeouts.send,
                       .keepalive = config.timeouts.keepalive},
          .edge_triggered = config.server.conn_trigger == Trigger::kEdge,
          .oneshot = true,
          .linger = config.server.linger};
}

std::size_t or_cores(std::size_t threads) {
  return threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
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
      router_(files_),
      service_{.router = router_,
               .errors = errors_,
               .access_log = access_log_.get(),
               .limits = parser_limits(config.limits),
               .keepalive_requests = config.limits.keepalive_requests},
      signals_(loop_, {SIGTERM, SIGINT, SIGUSR1}, [this](int signal) { on_signal(signal); }),
      connections_(loop_, connection_options(config),
                   [this](net::Connection& connection, std::uint32_t) { model_->on_ready(connection); }) {
  warn_about_missing_pages(config.site);
  const net::Acceptor::Options options{.backlog = static_cast<int>(config.server.backlog),
                                       .edge_triggered = config.server.listen_trigger == Trigger::kEdge};
  for (const ListenAddress& listen : config.server.listen) {
    const auto address = net::SocketAddress::parse(listen.text());
    if (!address) throw std::runtime_error("cannot listen on " + listen.text() + ": not an address");
    acceptors_.push_back(std::make_unique<net::Acceptor>(
        loop_, *address, options,
        [this](UniqueFd socket, const net::SocketAddress& peer) { on_connection(std::move(socket), peer); }));
  }
  model_ = make_model(config.server.model, or_cores(config.server.workers), config.limits.request_queue);
  loop_.set_end_of_batch([this] { model_->on_end_of_batch(); });
}

std::vector<std::string> WebServer::urls() const {
  std::vector<std::string> urls;
  for (const auto& acceptor : acceptors_) urls.push_back("http://" + acceptor->address().to_string());
  return urls;
}

void WebServer::run() {
  for (const auto& acceptor : acceptors_) acceptor->start();
  loop_.run();
}

void WebServer::on_connection(UniqueFd socket, const net::SocketAddress& peer) {
  if (connections_.size() >= max_connections_) {
    (void)::send(socket.get(), kFull.data(), kFull.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return;
  }
  try {
    connections_.adopt(std::move(socket), std::make_unique<http::Http1Session>(
                                              service_, access_log_ ? peer.host() : std::string()));
  } catch (const std::exception& error) {
    log::error("a connection from {} is closed at once: {}", peer.to_string(), error.what());
  }
}

void WebServer::on_signal(int signal) {
  if (signal == SIGUSR1) {
    log::reopen();
    if (access_log_) access_log_->sink().reopen();
    return;
  }
  if (shutting_down_) return loop_.stop();  // Asked twice: at once.
  // Not within this batch of events: a listener that is about to go may have one in it.
  loop_.post([this] { shut_down(); });
}

void WebServer::shut_down() {
  shutting_down_ = true;
  log::info("shutting down: {} connections are open", connections_.size());
  acceptors_.clear();
  service_.draining.store(true, std::memory_order_relaxed);
  connections_.drain(loop_.now().steady + config_.timeouts.shutdown, [this] { loop_.stop(); });
}

}  // namespace pollux::server
