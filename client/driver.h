// The worker's part: all connections, on one event loop.
//
// The loop is the worker thread's, or nested in one of the program's (client/http_client.h).
//
// An exchange gets a connection from the Pools, or a new one, and ends with an outcome. Or it goes through
// the task thread once more: to follow a redirect, because its kept connection was gone, or because a server
// has not processed it.
//
// If an origin has its maximum of connections, an exchange waits until one is idle or gone.
//
// Exchanges at the task thread are ended here, too, when their time is up or their caller cancels them.
//
// Thread: begin(), fail(), expect_overdue(), cancel() and resume() any; all other methods the worker's.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/client_connection.h"
#include "client/cookie_jar.h"
#include "client/exchange.h"
#include "client/options.h"
#include "client/pools.h"
#include "client/waiting_room.h"
#include "net/event_loop.h"
#include "tls/client_context.h"

namespace pollux::client {

class TaskThread;

class Driver final : public ClientConnectionOwner, private ExchangeHolder {
 public:
  // The loop must outlive the driver. Throws tls::Error.
  Driver(const ClientOptions& options, net::EventLoop& loop);
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void start(TaskThread& task_thread);  // REQUIRES: the loop does not run yet.
  void end_all();                       // Ends exchanges in flight. REQUIRES: the task thread has stopped.

  void begin(std::vector<ExchangePtr> exchanges);
  void fail(ExchangePtr exchange, Error error);
  void expect_overdue(
      TimePoint due);  // Something that the task thread has, unless it has handed it on by then.
  void cancel(ExchangePtr exchange);
  void resume(ExchangePtr exchange);

 private:
  static constexpr std::uint8_t kMaxRepeats = 10;  // For an exchange that servers do not process.

  static constexpr std::size_t kTakenAtOnce = 64;  // Exchanges.

  void take_arrivals();
  void watch(TimePoint due);
  void end_overdue(TimePoint now);
  void prepare(Exchange& exchange);
  void begin_one(ExchangePtr exchange);
  void place(ExchangePtr exchange);
  void open(ExchangePtr exchange);
  void wait(ExchangePtr exchange);
  void serve_waiting();
  void on_end_of_batch();
  void keep_cookies(const Exchange& exchange);
  void finish(const ExchangePtr& exchange, Outcome outcome);  // The exchange is no longer in flight.
  void conclude(Exchange& exchange, Outcome outcome);

  // ExchangeHolder, for exchanges that wait.
  void end(const Exchange& exchange, ErrorKind kind, const std::string& reason) override;
  void resume(const Exchange& /*exchange*/) override {}

  // ClientConnectionOwner
  void completed(ExchangePtr exchange) override;
  void failed(ExchangePtr exchange, Error error, bool stale) override;
  void returned(ExchangePtr exchange, Error why) override;
  void takes_no_more(ClientConnection& connection, bool one_at_a_time) override {
    pools_.takes_no_more(connection, one_at_a_time);
  }
  [[nodiscard]] bool keeps(ClientConnection& connection) override;
  void closed(ClientConnection& connection) override;

  const ClientOptions options_;
  const std::shared_ptr<const tls::ClientContext> tls_;  // Sessions keep it alive.
  net::EventLoop& loop_;
  TaskThread* task_thread_ = nullptr;
  std::unordered_map<ClientConnection*, std::unique_ptr<ClientConnection>> connections_;
  std::vector<std::unique_ptr<ClientConnection>> graveyard_;  // To be destroyed after the batch of events.
  Pools pools_;
  CookieJar cookies_;
  WaitingRoom waiting_;
  std::vector<std::string> freed_;                              // Origins with room for a waiting exchange.
  std::deque<ExchangePtr> arrivals_;                            // Bounded: they are in flight.
  Timer overdue_{[this](TimePoint now) { end_overdue(now); }};  // For exchanges at the task thread.
  bool ending_ = false;
};

}  // namespace pollux::client
