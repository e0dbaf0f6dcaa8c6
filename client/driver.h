// The worker thread: an event loop and all connections on it.
//
// An exchange gets a connection from the Pools, or a new one. What comes of it is an outcome; or it goes
// round once more, by the task thread: to where a redirect leads, because its kept connection had gone, or
// because a server has not looked at it.
//
// Thread: begin(), fail() and cancel() from any; everything else belongs to the worker.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "client/client_connection.h"
#include "client/exchange.h"
#include "client/http_client.h"
#include "client/pools.h"
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

 private:
  static constexpr std::uint8_t kMaxRepeats = 10;  // Of an exchange that servers do not look at.

  static constexpr std::size_t kTakenAtOnce = 64;  // Exchanges.

  void take_arrivals();
  void begin_one(ExchangePtr exchange);
  void open(ExchangePtr exchange);
  void finish(const ExchangePtr& exchange, Outcome outcome);
  void end_all();

  // ClientConnectionOwner
  void completed(ExchangePtr exchange) override;
  void failed(ExchangePtr exchange, Error error, bool stale) override;
  void returned(ExchangePtr exchange, Error why) override;
  void takes_no_more(ClientConnection& connection, bool one_at_a_time) override {
    pools_.takes_no_more(connection, one_at_a_time);
  }
  [[nodiscard]] bool keeps(ClientConnection& connection) override {
    return !ending_ && pools_.keep(connection);
  }
  void closed(ClientConnection& connection) override;

  const ClientOptions options_;
  const std::shared_ptr<const tls::ClientContext> tls_;  // Sessions keep it alive.
  net::EventLoop loop_;
  Dispatcher* dispatcher_ = nullptr;
  std::unordered_map<ClientConnection*, std::unique_ptr<ClientConnection>> connections_;
  std::vector<std::unique_ptr<ClientConnection>> graveyard_;  // Until the batch of events is over.
  Pools pools_;
  std::deque<ExchangePtr> arrivals_;  // Bounded: they are in flight.
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace pollux::client
