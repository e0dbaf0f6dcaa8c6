#include "server/listeners.h"

#include <utility>

namespace pollux::server {

Listeners::Listeners(const ServerConfig& config, ListeningSockets& store,
                     const std::vector<std::unique_ptr<ServingLoop>>& loops, Admit admit)
    : config_(config),
      store_(store),
      loops_(loops),
      admit_(std::move(admit)),
      thread_(config.accept == Accept::kThread ? std::make_unique<AcceptThread>(make_poller(config))
                                               : nullptr),
      acceptors_(config.accept == Accept::kReuseport ? loops.size() : 1) {}

net::EventLoop& Listeners::accepting_loop(std::size_t index) const {
  return thread_ ? thread_->loop() : loops_[index]->loop();
}

std::optional<net::SocketAddress> Listeners::open(const NamedAddress& where, const Listener& listener) {
  ListeningSockets::Open open = store_.take(config_, where);
  if (open.sockets.empty()) return std::nullopt;
  const bool by_their_own = config_.accept == Accept::kReuseport && open.sockets.size() == acceptors_.size();
  const bool elsewhere = thread_ != nullptr || (!by_their_own && loops_.size() > 1);
  const net::Acceptor::Options options{.edge_triggered = config_.listen_trigger == Trigger::kEdge};
  for (std::size_t i = 0; i < open.sockets.size(); ++i) {
    const std::size_t index = by_their_own ? i : 0;
    sockets_.push_back({open.sockets[i].get(), text_of(where), open.name});
    acceptors_[index].push_back(std::make_unique<net::Acceptor>(
        accepting_loop(index), std::move(open.sockets[i]), options,
        elsewhere ? to_loops_in_turn(listener) : to_loop(*loops_[index], listener)));
  }
  return open.address;
}

net::Acceptor::Callback Listeners::to_loop(ServingLoop& serving, const Listener& listener) const {
  return [this, &serving, &listener](UniqueFd socket, const net::SocketAddress& peer) {
    if (auto arrival = admit_(std::move(socket), peer, listener)) serving.adopt(std::move(*arrival));
  };
}

net::Acceptor::Callback Listeners::to_loops_in_turn(const Listener& listener) {
  return [this, &listener](UniqueFd socket, const net::SocketAddress& peer) {
    auto arrival = admit_(std::move(socket), peer, listener);
    if (!arrival) return;
    next_loop_ = (next_loop_ + 1) % loops_.size();
    loops_[next_loop_]->hand_in(std::move(*arrival));
  };
}

void Listeners::start() {
  for (const auto& of_loop : acceptors_) {
    for (const auto& acceptor : of_loop) acceptor->start();
  }
  if (thread_) thread_->start();
}

void Listeners::close() {
  sockets_.clear();
  // Not within a batch of events: a listener that is about to go may have one in it.
  for (std::size_t i = 0; i < acceptors_.size(); ++i) {
    accepting_loop(i).post([&acceptors = acceptors_[i]] { acceptors.clear(); });
  }
}

void Listeners::stop() {
  if (!thread_) return close();
  sockets_.clear();
  thread_->stop();
  acceptors_.clear();
}

}  // namespace pollux::server
