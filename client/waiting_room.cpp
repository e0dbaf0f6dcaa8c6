#include "client/waiting_room.h"

#include <algorithm>
#include <utility>

namespace pollux::client {

void WaitingRoom::add(ExchangePtr exchange) {
  queues_[exchange->url.origin()].push_back(std::move(exchange));
}

ExchangePtr WaitingRoom::next(const std::string& origin) {
  const auto found = queues_.find(origin);
  if (found == queues_.end()) return nullptr;
  ExchangePtr exchange = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) queues_.erase(found);
  return exchange;
}

ExchangePtr WaitingRoom::remove(const Exchange& exchange) {
  const auto found = queues_.find(exchange.url.origin());
  std::deque<ExchangePtr>& queue = found->second;
  const auto place = std::find_if(queue.begin(), queue.end(),
                                  [&](const ExchangePtr& other) { return other.get() == &exchange; });
  ExchangePtr removed = std::move(*place);
  queue.erase(place);
  if (queue.empty()) queues_.erase(found);
  return removed;
}

std::vector<ExchangePtr> WaitingRoom::remove_all() {
  std::vector<ExchangePtr> all;
  for (auto& [origin, queue] : std::exchange(queues_, {})) {
    for (ExchangePtr& exchange : queue) all.push_back(std::move(exchange));
  }
  return all;
}

}  // namespace pollux::client
