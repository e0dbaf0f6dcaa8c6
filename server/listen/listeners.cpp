#include "server/listen/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include "log/logger.h"
#include "server/config/listen_check.h"

namespace pollux::server {

Listeners::Listeners(const ServerConfig& config, ListeningSockets& store,
                     const std::vector<std::unique_ptr<ServingLoop>>& loops, Pollers& pollers, Admit admit)
    : config_(config),
      store_(store),
      loops_(loops),
      admit_(std::move(admit)),
      thread_(config.accept == Accept::kThread ? std::make_unique<AcceptThread>(pollers.take()) : nullptr),
      doors_(config.accept == Accept::kReuseport ? loops.size() : 1) {}

net::EventLoop& Listeners::accepting_loop(std::size_t index) const {
  return thread_ ? thread_->loop() : loops_[index]->loop();
}

std::vector<net::EventLoop*> Listeners::accepting_loops() const {
  std::vector<net::EventLoop*> loops;
  for (std::size_t i = 0; i < doors_.size(); ++i) loops.push_back(&accepting_loop(i));
  return loops;
}

// --- Another configuration -----------------------------------------------------------------------

std::vector<Listeners::Open> Listeners::make_way(const Config& config) const {
  const std::vector<ListenAt> wanted = listeners_of(config);
  for (const Open& open : open_) {
    const auto same = [&open](const ListenAt& at) { return at.where == open.at.where; };
    if (std::any_of(wanted.begin(), wanted.end(), same)) continue;
    const auto in_the_way = [&open](const ListenAt& at) { return overlap(open.at.where, at.where); };
    if (std::none_of(wanted.begin(), wanted.end(), in_the_way)) continue;
    for (const int socket : open.sockets) net::allow_others(socket);
  }
  return open_;
}

Listeners::Plan Listeners::prepare(const Config& config, const std::vector<Open>& now) {
  Plan plan;
  plan.options = {.backlog = static_cast<int>(config.server.backlog),
                  .deferred = config.server.defer_accept,
                  .reuse_port = config_.accept == Accept::kReuseport};
  std::vector<ListenAt> places;
  for (const Open& open : now) places.push_back(open.at);
  const std::vector<ListenAt> wanted = listeners_of(config);
  const auto matches = match(places, wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (matches[i]) {
      plan.open.push_back(now[*matches[i]]);
      plan.open.back().at = wanted[i];
      continue;
    }
    if (store_.is_brought_by_another(named(wanted[i]))) continue;
    Open open;
    open.at = wanted[i];
    open.id = ++last_id_;
    plan.fresh[open.id] = open_sockets(open, config, plan.options, now);
    plan.open.push_back(std::move(open));
  }
  return plan;
}

// Inherited sockets, or those opened when there were the rights to; otherwise it binds.
std::vector<UniqueFd> Listeners::open_sockets(Open& open, const Config& config,
                                              const net::ListenOptions& options,
                                              const std::vector<Open>& now) const {
  ListeningSockets::Open given = store_.take(named(open.at));
  std::vector<UniqueFd> sockets = std::move(given.sockets);
  open.name = std::move(given.name);
  const ListenAddress& where = open.at.where;
  if (where.is_unix()) {
    open.file = sockets.empty() ? std::make_shared<net::UnixListener>(where.path, config.server.socket_mode,
                                                                      options.backlog)
                                : std::make_shared<net::UnixListener>(where.path, std::move(sockets.front()));
    sockets.clear();
    sockets.push_back(open.file->take_socket());
  } else if (sockets.empty()) {
    sockets = bind(open, options, now);
  }
  open.address = net::SocketAddress::of_socket(sockets.front().get());  // With the real port.
  open.each_its_own = options.reuse_port && !where.is_unix() && sockets.size() == doors_.size();
  for (const UniqueFd& socket : sockets) open.sockets.push_back(socket.get());
  return sockets;
}

std::vector<UniqueFd> Listeners::bind(const Open& open, const net::ListenOptions& options,
                                      const std::vector<Open>& now) const {
  const std::string text = open.at.where.text();
  auto address = net::SocketAddress::parse(text);
  if (!address) throw std::runtime_error("cannot listen on " + text + ": not an address");
  net::ListenOptions shared = options;
  shared.reuse_port = options.reuse_port || std::any_of(now.begin(), now.end(), [&](const Open& other) {
                        return overlap(other.at.where, open.at.where);
                      });
  std::vector<UniqueFd> sockets;
  while (sockets.size() < doors_.size()) {
    sockets.push_back(net::listen_on(*address, shared));
    address = net::SocketAddress::of_socket(sockets.back().get());  // Its real port, for those that share it.
  }
  return sockets;
}

// The new sockets on which the loop of this index accepts.
std::vector<UniqueFd> Listeners::share_of(std::size_t index, const Open& open, Plan& plan) {
  std::vector<UniqueFd> share;
  const auto fresh = plan.fresh.find(open.id);
  if (fresh == plan.fresh.end()) return share;
  if (open.each_its_own) {
    share.push_back(std::move(fresh->second[index]));
  } else if (index == 0) {
    share = std::move(fresh->second);
  }
  return share;
}

void Listeners::put_in_force(Plan plan, const std::shared_ptr<const Generation>& generation) {
  for (std::size_t i = 0; i < doors_.size(); ++i) {
    // Shared only because a posted function must be copyable.
    const auto updates = std::make_shared<Updates>(Updates{.doors = {}, .options = plan.options});
    for (const Open& open : plan.open) {
      updates->doors.push_back({.id = open.id,
                                .listener = {generation, &generation->listener(open.at.kind)},
                                .sockets = share_of(i, open, plan),
                                .each_its_own = open.each_its_own});
    }
    // Not within a batch of events, which may contain one for a listener that is to go. This runs between two
    // batches.
    if (started_ && !accepting_loop(i).is_here()) {
      accepting_loop(i).post([this, i, updates] { update(i, *updates); });
    } else {
      update(i, *updates);
    }
  }
  open_ = std::move(plan.open);
}

void Listeners::update(std::size_t index, Updates& updates) {
  Doors& doors = doors_[index];
  for (auto at = doors.begin(); at != doors.end();) {
    const bool stays = std::any_of(updates.doors.begin(), updates.doors.end(),
                                   [at](const Update& update) { return update.id == at->first; });
    if (!stays) {
      for (const auto& acceptor : at->second.acceptors) acceptor->accept_backlog();
    }
    at = stays ? std::next(at) : doors.erase(at);
  }
  for (Update& update : updates.doors) {
    if (update.sockets.empty() && !doors.contains(update.id)) continue;  // Another loop's, or not opened.
    Door& door = doors[update.id];
    door.behind->listener = std::move(update.listener);
    for (const auto& acceptor : door.acceptors) acceptor->adjust(updates.options);
    std::vector<int> fresh;
    for (const UniqueFd& socket : update.sockets) fresh.push_back(socket.get());
    try {
      for (UniqueFd& socket : update.sockets) open_door(index, door, std::move(socket), update.each_its_own);
    } catch (const std::exception& error) {
      if (!started_) throw;
      log::error("a listener is closed again: {}", error.what());
      doors.erase(update.id);
      loops_.front()->loop().post([this, id = update.id, fresh] { forget(id, fresh); });
    }
  }
}

// One loop failed to accept on these: the next reload must try again, and an upgrade must not pass them on.
void Listeners::forget(std::size_t id, const std::vector<int>& sockets) {
  const auto open = std::find_if(open_.begin(), open_.end(), [id](const Open& one) { return one.id == id; });
  if (open == open_.end()) return;
  std::erase_if(open->sockets, [&sockets](int socket) {
    return std::find(sockets.begin(), sockets.end(), socket) != sockets.end();
  });
  if (open->sockets.empty()) open_.erase(open);
}

void Listeners::open_door(std::size_t index, Door& door, UniqueFd socket, bool each_its_own) {
  const net::Acceptor::Options options{.edge_triggered = config_.listen_trigger == Trigger::kEdge};
  const bool elsewhere = thread_ != nullptr || (!each_its_own && loops_.size() > 1);
  door.acceptors.push_back(std::make_unique<net::Acceptor>(
      accepting_loop(index), std::move(socket), options,
      elsewhere ? to_loops_in_turn(door.behind) : to_loop(*loops_[index], door.behind)));
  if (started_) door.acceptors.back()->start();
}

// --- Accepting -----------------------------------------------------------------------------------

net::Acceptor::Callback Listeners::to_loop(ServingLoop& serving, std::shared_ptr<const Behind> behind) const {
  return [this, &serving, behind = std::move(behind)](UniqueFd socket, const net::SocketAddress& peer) {
    if (auto arrival = admit_(std::move(socket), peer, behind->listener)) serving.adopt(std::move(*arrival));
  };
}

net::Acceptor::Callback Listeners::to_loops_in_turn(std::shared_ptr<const Behind> behind) {
  return [this, behind = std::move(behind)](UniqueFd socket, const net::SocketAddress& peer) {
    auto arrival = admit_(std::move(socket), peer, behind->listener);
    if (!arrival) return;
    next_loop_ = (next_loop_ + 1) % loops_.size();
    loops_[next_loop_]->hand_in(std::move(*arrival));
  };
}

void Listeners::start() {
  for (const Doors& doors : doors_) {
    for (const auto& [id, door] : doors) {
      for (const auto& acceptor : door.acceptors) acceptor->start();
    }
  }
  started_ = true;
  if (thread_) thread_->start();
}

std::vector<Listeners::Socket> Listeners::sockets() const {
  std::vector<Socket> sockets;
  for (const Open& open : open_) {
    for (const int fd : open.sockets) sockets.push_back({fd, text_of(named(open.at)), open.name});
  }
  return sockets;
}

void Listeners::hand_over() {
  for (const Open& open : open_) {
    if (open.file) open.file->let_go();
  }
  close();
}

void Listeners::close() {
  open_.clear();  // And the files of Unix sockets.
  // Not within a batch of events, which may contain one for a listener that is to go.
  for (std::size_t i = 0; i < doors_.size(); ++i) {
    accepting_loop(i).post([&doors = doors_[i]] { doors.clear(); });
  }
}

void Listeners::stop() {
  if (!thread_) return close();
  open_.clear();
  thread_->stop();
  doors_.front().clear();
}

}  // namespace pollux::server
