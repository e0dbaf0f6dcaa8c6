#include "client/pools.h"

namespace pollux::client {

ClientConnection* Pools::find(const Exchange& exchange, bool fresh) {
  const auto found = pools_.find(exchange.url.origin());
  if (found == pools_.end()) return nullptr;
  Pool& pool = found->second;
  ClientConnection* connection = pool.shared;
  if (connection == nullptr && !fresh && !pool.idle.empty()) connection = pool.idle.back();
  if (connection != nullptr) take(pool, *connection);
  return connection;
}

std::size_t Pools::connections(const std::string& origin) const {
  const auto found = pools_.find(origin);
  return found == pools_.end() ? 0 : found->second.connections;
}

bool Pools::has_shared(const std::string& origin) const {
  const auto found = pools_.find(origin);
  return found != pools_.end() && found->second.shared != nullptr;
}

bool Pools::may_share(const std::string& origin) const {
  const auto found = pools_.find(origin);
  return found == pools_.end() || !found->second.one_at_a_time;
}

void Pools::add(ClientConnection& connection, bool shared) {
  Pool& pool = pools_[connection.origin()];
  ++pool.connections;
  if (shared) pool.shared = &connection;
}

void Pools::takes_no_more(ClientConnection& connection, bool one_at_a_time) {
  Pool& pool = pools_[connection.origin()];
  pool.shared = nullptr;
  pool.one_at_a_time = one_at_a_time;
}

bool Pools::keep(ClientConnection& connection, bool wanted) {
  if (idle_count_ >= max_idle_ && !wanted) return false;
  ++idle_count_;
  pools_[connection.origin()].idle.push_back(&connection);
  return true;
}

void Pools::remove(ClientConnection& connection) {
  const auto found = pools_.find(connection.origin());
  Pool& pool = found->second;
  take(pool, connection);
  if (pool.shared == &connection) pool.shared = nullptr;
  if (--pool.connections == 0) pools_.erase(found);
}

// It is not idle any more, if it was.
void Pools::take(Pool& pool, ClientConnection& connection) {
  idle_count_ -= std::erase(pool.idle, &connection);
}

}  // namespace pollux::client
