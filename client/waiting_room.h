// Exchanges that wait for a connection, since their origin has its maximum (ClientOptions::per_origin). First
// come, first served; bounded, since they are in flight.
//
// Thread: the worker's.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/exchange.h"

namespace pollux::client {

class WaitingRoom {
 public:
  void add(ExchangePtr exchange);
  [[nodiscard]] bool has(const std::string& origin) const { return queues_.contains(origin); }
  [[nodiscard]] ExchangePtr next(const std::string& origin);   // nullptr: none is waiting.
  [[nodiscard]] ExchangePtr remove(const Exchange& exchange);  // REQUIRES: it waits.
  [[nodiscard]] std::vector<ExchangePtr> remove_all();

 private:
  std::unordered_map<std::string, std::deque<ExchangePtr>> queues_;  // By origin; none is empty.
};

}  // namespace pollux::client
