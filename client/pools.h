// The connections of each origin that a request can use: the shared HTTP/2 connection, and the idle ones.
//
//   shared (HTTP/2, or not known yet) --> idle --> a new one
//
// If an origin may speak HTTP/2, one connection is made at a time. All requests to the origin wait for it,
// and fail if it cannot be made; later they wait for one of its streams. When the server has chosen HTTP/1.1,
// each request has its own connection. That is remembered as long as there are connections to the origin.
//
// Owns no connection. Thread: the worker's.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "client/client_connection.h"

namespace pollux::client {

class Pools {
 public:
  explicit Pools(std::size_t max_idle) : max_idle_(max_idle) {}

  // The connection to add the exchange to; nullptr: none. `fresh`: a kept connection must not be used.
  [[nodiscard]] ClientConnection* find(const Exchange& exchange, bool fresh);
  [[nodiscard]] std::size_t connections(const std::string& origin) const;
  // Whether the origin has a connection that takes all requests.
  [[nodiscard]] bool has_shared(const std::string& origin) const;
  // Whether the origin's next connection may be shared.
  [[nodiscard]] bool may_share(const std::string& origin) const;

  void add(ClientConnection& connection, bool shared);  // REQUIRES: find() found none.
  void takes_no_more(ClientConnection& connection, bool one_at_a_time);
  // false: too many connections are idle, and no waiting exchange needs it (`wanted`).
  [[nodiscard]] bool keep(ClientConnection& connection, bool wanted);
  void remove(ClientConnection& connection);

 private:
  struct Pool {
    std::size_t connections = 0;
    std::vector<ClientConnection*> idle;  // By last use: the last is the least likely to be closed.
    ClientConnection* shared = nullptr;   // Being made, or open and taking requests; may be idle as well.
    bool one_at_a_time = false;           // The server has chosen HTTP/1.1.
  };

  void take(Pool& pool, ClientConnection& connection);

  const std::size_t max_idle_;
  std::size_t idle_count_ = 0;
  std::unordered_map<std::string, Pool> pools_;  // By origin; only those with connections.
};

}  // namespace pollux::client
