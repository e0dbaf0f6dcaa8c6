#include "server/listeners.h"

#include <stdexcept>
#include <utility>

#include "net/listening_socket.h"

namespace pollux::server {

Listeners::Listeners(const ServerConfig& config, const std::vector<std::unique_ptr<ServingLoop>>& loops,
                     Admit admit)
    : config_(config),
      loops_(loops),
      admit_(std::move(admit)),
      thread_(config.accept == Accept::kThread ? std::make_unique<AcceptThread>(make_poller(config))
                                               : nullptr),
      acceptors_(config.accept == Accept::kReuseport ? loops.size() : 1) {}

net::EventLoop& Listeners::accepting_loop(std::size_t index) const {
  return thread_ ? thread_->loop() : loops_[index]->loop();
}

net::SocketAddress Listeners::open(const ListenAddress& where, const Listener& listener) {
  if (where.is_unix()) return open_unix(where, listener);
  auto address = net::SocketAddress::parse(where.text());
  if (!address) throw std::runtime_error("cannot listen on " + where.text() + ": not an address");
  const bool by_their_own = config_.accept == Accept::kReuseport;
  const net::ListenOptions options{.backlog = static_cast<int>(config_.backlog),
                                   .deferred = config_.defer_accept,
                                   .reuse_port = by_their_own};
  const bool elsewhere = thread_ != nullptr || (!by_their_own && loops_.size() > 1);
  for (std::size_t i = 0; i < acceptors_.size(); ++i) {
    UniqueFd socket = net::listen_on(*address, options);
    address = net::SocketAddress::of_socket(socket.get());  // Its real port, for those that share it.
    accept_on(i, std::move(socket), elsewhere ? to_loops_in_turn(listener) : to_loop(*loops_[i], listener));
  }
  return *address;
}

net::SocketAddress Listeners::open_unix(const ListenAddress& where, const Listener& listener) {
  unix_.push_back(std::make_unique<net::UnixListener>(where.path, config_.socket_mode,
                                                      static_cast<int>(config_.backlog)));
  UniqueFd socket = unix_.back()->take_socket();
  const net::SocketAddress address = net::SocketAddress::of_socket(socket.get());
  const bool elsewhere = thread_ != nullptr || loops_.size() > 1;
  accept_on(0, std::move(socket),
            elsewhere ? to_loops_in_turn(listener) : to_loop(*loops_.front(), listener));
  return address;
}

void Listeners::accept_on(std::size_t index, UniqueFd socket, net::Acceptor::Callback callback) {
  const net::Acceptor::Options options{.edge_triggered = config_.listen_trigger == Trigger::kEdge};
  acceptors_[index].push_back(std::make_unique<net::Acceptor>(accepting_loop(index), std::move(socket),
                                                              options, std::move(callback)));
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

void Listeners::stop() {
  unix_.clear();
  if (thread_) {
    thread_->stop();
    acceptors_.clear();
    return;
  }
  // Not within a batch of events: a listener that is about to go may have one in it.
  for (std::size_t i = 0; i < acceptors_.size(); ++i) {
    accepting_loop(i).post([&acceptors = acceptors_[i]] { acceptors.clear(); });
  }
}

}  // namespace pollux::server
