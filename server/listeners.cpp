#include "server/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include "log/logger.h"
#include "server/listen_check.h"

namespace pollux::server {

Listeners::Listeners(const ServerConfig& config, const std::vector<std::unique_ptr<ServingLoop>>& loops,
                     Pollers& pollers, Admit admit)
    : config_(config),
      loops_(loops),
      admit_(std::move(admit)),
      thread_(config.accept == Accept::kThread ? std::make_unique<AcceptThread>(pollers.take()) : nullptr),
      doors_(config.accept == Accept::kReuseport ? loops.size() : 1) {}

net::EventLoop& Listeners::accepting_loop(std::size_t index) const {
  return thread_ ? thread_->loop() : loops_[index]->loop();
}

// --- Another configuration -----------------------------------------------------------------------

Listeners::Plan Listeners::prepare(const Config& config) {
  Plan plan;
  plan.options = {.backlog = static_cast<int>(config.server.backlog),
                  .deferred = config.server.defer_accept,
                  .reuse_port = config_.accept == Accept::kReuseport};
  std::vector<ListenAt> now;
  for (const Open& open : open_) now.push_back(open.at);
  const std::vector<ListenAt> wanted = listeners_of(config);
  const auto matches = match(now, wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (matches[i]) {
      plan.open.push_back(open_[*matches[i]]);
      plan.open.back().at = wanted[i];
      continue;
    }
    plan.open.push_back({.at = wanted[i], .id = ++last_id_, .address = {}, .sockets = {}, .file = {}});
    make_way(wanted[i].where, wanted);
    Open& open = plan.open.back();
    plan.fresh[last_id_] = wanted[i].where.is_unix()
                               ? bind_file(open, config.server.socket_mode, plan.options.backlog)
                               : bind(open, plan.options);
  }
  return plan;
}

std::vector<UniqueFd> Listeners::bind_file(Open& open, mode_t mode, int backlog) const {
  open.file = std::make_shared<net::UnixListener>(open.at.where.path, mode, backlog);
  std::vector<UniqueFd> sockets;
  sockets.push_back(open.file->take_socket());
  open.sockets.push_back(sockets.back().get());
  open.address = net::SocketAddress::of_socket(sockets.back().get());
  return sockets;
}

std::vector<UniqueFd> Listeners::bind(Open& open, const net::ListenOptions& options) const {
  const std::string text = open.at.where.text();
  auto address = net::SocketAddress::parse(text);
  if (!address) throw std::runtime_error("cannot listen on " + text + ": not an address");
  net::ListenOptions shared = options;
  shared.reuse_port = options.reuse_port || std::any_of(open_.begin(), open_.end(), [&](const Open& other) {
                        return overlap(other.at.where, open.at.where);
                      });
  std::vector<UniqueFd> sockets;
  while (sockets.size() < doors_.size()) {
    sockets.push_back(net::listen_on(*address, shared));
    address = net::SocketAddress::of_socket(sockets.back().get());  // Its real port, for those that share it.
    open.sockets.push_back(sockets.back().get());
  }
  open.address = *address;
  return sockets;
}

// 0.0.0.0:80 cannot be listened on while 127.0.0.1:80 is, unless both sockets allow it; and what is to go,
// goes last. (A shutdown may close one of these meanwhile: then its number is nobody's.)
void Listeners::make_way(const ListenAddress& where, const std::vector<ListenAt>& wanted) const {
  for (const Open& open : open_) {
    const bool stays = std::any_of(wanted.begin(), wanted.end(),
                                   [&](const ListenAt& at) { return at.where == open.at.where; });
    if (stays || !overlap(open.at.where, where)) continue;
    for (const int socket : open.sockets) net::allow_others(socket);
  }
}

void Listeners::put_in_force(Plan plan, const std::shared_ptr<const Generation>& generation) {
  for (std::size_t i = 0; i < doors_.size(); ++i) {
    // Shared only because a posted function has to be copyable.
    const auto updates = std::make_shared<Updates>(Updates{.doors = {}, .options = plan.options});
    for (const Open& open : plan.open) {
      const auto fresh = plan.fresh.find(open.id);
      updates->doors.push_back({.id = open.id,
                                .listener = {generation, &generation->listener(open.at.kind)},
                                .socket = fresh == plan.fresh.end() || i >= fresh->second.size()
                                              ? UniqueFd()
                                              : std::move(fresh->second[i]),
                                .alone = open.file != nullptr});
    }
    if (started_) {  // Not within a batch of events: a listener that is about to go may have one in it.
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
    if (!stays) at->second.acceptor->accept_backlog();
    at = stays ? std::next(at) : doors.erase(at);
  }
  for (Update& update : updates.doors) {
    if (!update.socket && !doors.contains(update.id)) continue;  // It could not be opened.
    Door& door = doors[update.id];
    door.listener = std::move(update.listener);
    if (!update.socket) {
      door.acceptor->adjust(updates.options);
      continue;
    }
    try {
      open_door(index, door, update);
    } catch (const std::exception& error) {
      if (!started_) throw;
      log::error("a listener is closed again: {}", error.what());
      doors.erase(update.id);
    }
  }
}

void Listeners::open_door(std::size_t index, Door& door, Update& update) {
  const net::Acceptor::Options options{.edge_triggered = config_.listen_trigger == Trigger::kEdge};
  const bool each_its_own = config_.accept == Accept::kReuseport && !update.alone;
  const bool elsewhere = thread_ != nullptr || (!each_its_own && loops_.size() > 1);
  door.acceptor =
      std::make_unique<net::Acceptor>(accepting_loop(index), std::move(update.socket), options,
                                      elsewhere ? to_loops_in_turn(door) : to_loop(*loops_[index], door));
  if (started_) door.acceptor->start();
}

// --- Accepting -----------------------------------------------------------------------------------

net::Acceptor::Callback Listeners::to_loop(ServingLoop& serving, const Door& door) const {
  return [this, &serving, &door](UniqueFd socket, const net::SocketAddress& peer) {
    if (auto arrival = admit_(std::move(socket), peer, door.listener)) serving.adopt(std::move(*arrival));
  };
}

net::Acceptor::Callback Listeners::to_loops_in_turn(const Door& door) {
  return [this, &door](UniqueFd socket, const net::SocketAddress& peer) {
    auto arrival = admit_(std::move(socket), peer, door.listener);
    if (!arrival) return;
    next_loop_ = (next_loop_ + 1) % loops_.size();
    loops_[next_loop_]->hand_in(std::move(*arrival));
  };
}

void Listeners::start() {
  for (const Doors& doors : doors_) {
    for (const auto& [id, door] : doors) door.acceptor->start();
  }
  started_ = true;
  if (thread_) thread_->start();
}

void Listeners::stop() {
  open_.clear();  // And the files of Unix sockets.
  if (thread_) {
    thread_->stop();
    doors_.front().clear();
    return;
  }
  for (std::size_t i = 0; i < doors_.size(); ++i) {
    accepting_loop(i).post([&doors = doors_[i]] { doors.clear(); });
  }
}

}  // namespace pollux::server
