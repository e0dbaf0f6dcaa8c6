// The worker thread: an event loop and all connections on it.
//
// Idle connections are the worker's. The task thread reserves one by counting it down, without knowing which;
// where all have gone by the time the exchange arrives, it goes back and gets a new connection.
//
// Thread: begin(), fail(), cancel() and reserve_idle() from any; everything else belongs to the worker.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "client/client_connection.h"
#include "client/exchange.h"
#include "client/http_client.h"
#include "net/event_loop.h"
#include "tls/client_context.h"

namespace pollux::client {

class Dispatcher;

class Driver final : public ClientConnectionOwner {
 public:
  explicit Driver(const ClientOptions& options);  // Throws tls::Error, std::system_error.
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  ~Driver() override;

  void start(Dispatcher& dispatcher);

  // Ends what is in flight and the thread. REQUIRES: the dispatcher has stopped.
  void stop();

  void begin(std::vector<ExchangePtr> exchanges);
  void fail(ExchangePtr exchange, Error error);
  void cancel(ExchangePtr exchange);
  [[nodiscard]] bool reserve_idle(const std::string& origin) EXCLUDES(idle_mutex_);

 private:
  void give_back_reservation(const std::string& origin) EXCLUDES(idle_mutex_);
  void begin_one(const ExchangePtr& exchange);
  void finish(const ExchangePtr& exchange, Outcome outcome);
  void keep(ClientConnection& connection);
  void end_all();

  // ClientConnectionOwner
  void completed(ClientConnection& connection, ExchangePtr exchange, bool reusable) override;
  void failed(ClientConnection& connection, ExchangePtr exchange, Error error, bool stale) override;
  void idle_ended(ClientConnection& connection) override;
  void bury(ClientConnection& connection) override;

  const ClientOptions options_;
  const std::shared_ptr<const tls::ClientContext> tls_;  // Sessions keep it alive.
  net::EventLoop loop_;
  Dispatcher* dispatcher_ = nullptr;
  std::unordered_map<ClientConnection*, std::unique_ptr<ClientConnection>> connections_;
  std::vector<std::unique_ptr<ClientConnection>> graveyard_;  // Until the batch of events is over.
  std::unordered_map<std::string, std::vector<ClientConnection*>> idle_;
  std::size_t idle_count_ = 0;
  bool ending_ = false;

  Mutex idle_mutex_;
  std::unordered_map<std::string, std::size_t> free_ GUARDED_BY(idle_mutex_);  // Idle and not reserved.
  std::thread thread_;
};

}  // namespace pollux::client
