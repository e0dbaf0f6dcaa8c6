#include "server/serving_loop.h"

#include <algorithm>
#include <exception>

#include "http/http1_session.h"
#include "log/logger.h"
#include "log/throttle.h"

namespace pollux::server {

namespace {

// For a client beyond limits.connections_per_address (RFC 6585 4). There is no session that could make it up.
constexpr std::string_view kTooMany =
    "HTTP/1.1 429 Too Many Requests\r\nServer: pollux\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
    "Connection: close\r\n\r\n";

net::ConnectionOptions connection_options(const Config& config) {
  return {.timeouts = {.handshake = config.timeouts.handshake,
                       .header = config.timeouts.header,
                       .body = config.timeouts.body,
                       .send = config.timeouts.send,
                       .keepalive = config.timeouts.keepalive},
          .edge_triggered = config.server.conn_trigger == Trigger::kEdge,
          .oneshot = config.server.model != Model::kMultiReactor,
          .linger = config.server.linger};
}

}  // namespace

ServingLoop::ServingLoop(const Config& config, net::AddressLimit& addresses)
    : config_(config),
      addresses_(addresses),
      connections_(loop_, connection_options(config),
                   [this](net::Connection& connection) { model_->on_ready(connection); }) {}

void ServingLoop::join() {
  if (thread_.joinable()) thread_.join();
}

void ServingLoop::start() {
  model_ = make_model(config_.server, config_.limits.request_queue);
  loop_.set_end_of_batch([this] { model_->on_end_of_batch(); });
  for (const auto& acceptor : acceptors_) acceptor->start();
}

void ServingLoop::run_in_thread() {
  thread_ = std::thread([this] {
    try {
      run();
    } catch (const std::exception& error) {
      log::emerg("an event loop ended: {}", error.what());
      std::terminate();
    }
  });
}

void ServingLoop::adopt(UniqueFd socket, const net::SocketAddress& peer, const Listener& listener) {
  try {
    auto place = addresses_.admit(peer);
    if (!place) return listener.turn_away(socket.get(), kTooMany);
    std::string name = listener.service.access_log != nullptr ? peer.host() : std::string();
    net::Transport transport(std::move(socket), listener.tls != nullptr ? listener.tls->new_session() : nullptr);
    connections_.adopt(std::move(transport),
                       std::make_unique<http::Http1Session>(listener.service, std::move(name)),
                       std::move(*place));
  } catch (const std::exception& error) {
    static log::Throttle throttle(10);
    throttle.log(log::Level::kError, "a connection from {} is closed at once: {}", peer.to_string(),
                 error.what());
  }
}

void ServingLoop::hand_in(UniqueFd socket, const net::SocketAddress& peer, const Listener& listener) {
  bool first = false;
  {
    const MutexLock lock(mutex_);
    first = inbox_.empty();
    inbox_.push_back({std::move(socket), peer, &listener});
  }
  if (first) loop_.post([this] { take_inbox(); });
}

void ServingLoop::take_inbox() {
  std::vector<Arrival> arrived;
  {
    const MutexLock lock(mutex_);
    arrived.swap(inbox_);
  }
  for (Arrival& arrival : arrived) adopt(std::move(arrival.socket), arrival.peer, *arrival.listener);
}

void ServingLoop::drain(TimePoint deadline, net::EventLoop::Function done) {
  // Not within a batch of events: a listener that is about to go may have one in it.
  loop_.post([this, deadline, done = std::move(done)] {
    acceptors_.clear();
    take_inbox();
    connections_.drain(deadline, done);
  });
}

}  // namespace pollux::server
