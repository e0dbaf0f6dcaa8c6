#include "server/serving_loop.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "log/throttle.h"
#include "server/listen/proxy_preface.h"
#include "server/loop_thread.h"

namespace pollux::server {

namespace {

// Without EPOLLONESHOT and EPOLLET, the socket of a lent connection would be reported again and again.
net::EpollMode epoll_mode(const ServerConfig& config, net::WidePlaces& wide_places) {
  const bool lends = !serves_in_loops(config.model);
  return {.edge_triggered = config.conn_trigger == Trigger::kEdge || (lends && !config.oneshot),
          .oneshot = lends && config.oneshot,
          .wide_places = &wide_places};
}

net::ConnectionOptions connection_options(const Config& config, const SharedBounds& shared,
                                          const Clock& clock) {
  return {.conversation = {.memory = shared.memory, .clock = clock},
          .epoll = epoll_mode(config.server, shared.wide_places),
          .max_handshakes = config.limits.handshakes};
}

}  // namespace

ServingLoop::ServingLoop(const Config& config, const SharedBounds& shared,
                         std::unique_ptr<net::Poller> poller)
    : config_(config),
      loop_(std::move(poller)),
      connections_(loop_, connection_options(config, shared, loop_.clock()),
                   [this](net::Connection& connection) { model_->on_ready(connection); }) {}

void ServingLoop::join() {
  if (thread_.joinable()) thread_.join();
}

void ServingLoop::start() {
  model_ = make_model(config_, loop_);
  loop_.set_end_of_batch([this] {
    connections_.call_the_woken();
    model_->on_end_of_batch();
    connections_.destroy_buried();
  });
}

void ServingLoop::run_in_thread() { thread_ = start_loop_thread(loop_); }

void ServingLoop::adopt(Arrival arrival) {
  try {
    const Listener& listener = *arrival.listener;
    std::unique_ptr<tls::Session> tls;
    std::unique_ptr<net::Protocol> protocol;
    if (listener.balancers != nullptr) {
      protocol = std::make_unique<ProxyPreface>(listener, arrival.peer.host());
    } else {
      if (listener.tls != nullptr) tls = listener.tls->new_session();
      protocol = listener.new_protocol(arrival.peer.host());
    }
    connections_.adopt(std::move(arrival.socket), net::Transport(std::move(tls)), std::move(arrival.listener),
                       std::move(protocol), std::move(arrival.place));
  } catch (const std::exception& error) {
    static log::Throttle throttle(10);
    throttle.log(log::Level::kError, "a connection from {} is closed at once: {}", arrival.peer.to_string(),
                 error.what());
  }
}

void ServingLoop::hand_in(Arrival arrival) {
  bool first = false;
  {
    const MutexLock lock(mutex_);
    first = inbox_.empty();
    inbox_.push_back(std::move(arrival));
  }
  if (first) loop_.post([this] { take_inbox(); });
}

void ServingLoop::take_inbox() {
  std::vector<Arrival> arrived;
  {
    const MutexLock lock(mutex_);
    arrived.swap(inbox_);
  }
  for (Arrival& arrival : arrived) adopt(std::move(arrival));
}

void ServingLoop::on_reload(milliseconds patience) {
  loop_.post([this, patience] {
    model_->set_patience(patience);
    connections_.on_retirement();
  });
}

void ServingLoop::drain(TimePoint deadline, milliseconds quiet, net::EventLoop::Function done) {
  loop_.post([this, deadline, quiet, done = std::move(done)] {
    take_inbox();
    connections_.drain(deadline, quiet, done);
  });
}

}  // namespace pollux::server
