#include "client/driver.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "client/dispatcher.h"

namespace pollux::client {

namespace {

Error cancelled(const char* reason) { return {Stage::kQueue, ErrorKind::kCancelled, reason}; }

// writev(2) to a server that has gone must not end the caller's program. The signal goes to the thread that
// writes, so the others keep the program's own way with it.
void block_sigpipe() {
  sigset_t signals;
  (void)::sigemptyset(&signals);
  (void)::sigaddset(&signals, SIGPIPE);
  (void)::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

Driver::Driver(const ClientOptions& options)
    : options_(options),
      tls_(std::make_shared<tls::ClientContext>(
          tls::ClientContext::Options{.ca_file = options.ca_file, .verify = options.verify})) {
  loop_.set_end_of_batch([this] { graveyard_.clear(); });
}

Driver::~Driver() { stop(); }

void Driver::start(Dispatcher& dispatcher) {
  dispatcher_ = &dispatcher;
  thread_ = std::thread([this] {
    block_sigpipe();
    loop_.run();
  });
  (void)::pthread_setname_np(thread_.native_handle(), "client-worker");
}

void Driver::stop() {
  if (!thread_.joinable()) return;
  loop_.post([this] {
    end_all();
    loop_.post([this] { loop_.stop(); });  // After whatever was posted meanwhile.
  });
  thread_.join();
}

void Driver::begin(std::vector<ExchangePtr> exchanges) {
  loop_.post([this, all = std::move(exchanges)] {
    for (const ExchangePtr& exchange : all) begin_one(exchange);
  });
}

void Driver::fail(ExchangePtr exchange, Error error) {
  loop_.post(
      [this, exchange = std::move(exchange), error = std::move(error)] { finish(exchange, Outcome(error)); });
}

void Driver::cancel(ExchangePtr exchange) {
  loop_.post([exchange = std::move(exchange)] {
    // Elsewhere, whoever takes it up next sees the mark.
    if (exchange->connection != nullptr) exchange->connection->cancel("by the caller");
  });
}

bool Driver::reserve_idle(const std::string& origin) {
  const MutexLock lock(idle_mutex_);
  const auto found = free_.find(origin);
  if (found == free_.end()) return false;
  if (--found->second == 0) free_.erase(found);
  return true;
}

void Driver::give_back_reservation(const std::string& origin) {
  const auto idle = idle_.find(origin);
  if (idle == idle_.end()) return;  // Its connection has ended meanwhile.
  const MutexLock lock(idle_mutex_);
  std::size_t& free = free_[origin];
  free = std::min(free + 1, idle->second.size());
}

void Driver::begin_one(const ExchangePtr& exchange) {
  if (ending_ || exchange->cancelled.load(std::memory_order_relaxed)) {
    if (std::exchange(exchange->reserved, false)) give_back_reservation(exchange->url.origin());
    finish(exchange, Outcome(cancelled(ending_ ? "the client ends" : "by the caller")));
    return;
  }
  if (exchange->reserved) {
    exchange->reserved = false;
    const auto found = idle_.find(exchange->url.origin());
    if (found == idle_.end()) {
      exchange->fresh = true;
      dispatcher_->again(exchange);
      return;
    }
    ClientConnection* connection =
        found->second.back();  // The one used last is the least likely to be closed.
    found->second.pop_back();
    if (found->second.empty()) idle_.erase(found);
    --idle_count_;
    connection->use(exchange);
    return;
  }
  auto connection =
      std::make_unique<ClientConnection>(*this, loop_, tls_, options_.timeouts, options_.limits);
  ClientConnection& reference = *connection;
  connections_.emplace(&reference, std::move(connection));
  reference.open(exchange);
}

void Driver::finish(const ExchangePtr& exchange, Outcome outcome) {
  if (exchange->finished) return;
  exchange->finished = true;
  exchange->connection = nullptr;
  const auto callback = std::move(exchange->on_outcome);
  dispatcher_->done();
  callback(std::move(outcome));
}

void Driver::completed(ClientConnection& connection, ExchangePtr exchange, bool reusable) {
  exchange->connection = nullptr;
  if (reusable && !ending_ && idle_count_ < options_.idle) {
    keep(connection);
  } else {
    connection.close();
  }
  if (options_.redirects > 0 && is_redirect(exchange->response)) {
    if (auto error = follow_redirect(*exchange, options_.redirects)) {
      finish(exchange, Outcome(std::move(*error)));
    } else {
      dispatcher_->again(std::move(exchange));
    }
    return;
  }
  exchange->response.url = exchange->url.to_string();
  finish(exchange, Outcome(std::move(exchange->response)));
}

void Driver::failed(ClientConnection& connection, ExchangePtr exchange, Error error, bool stale) {
  exchange->connection = nullptr;
  connection.close();
  if (stale && is_idempotent(exchange->request.method) && !ending_) {
    exchange->fresh = true;
    dispatcher_->again(std::move(exchange));
    return;
  }
  finish(exchange, Outcome(std::move(error)));
}

void Driver::keep(ClientConnection& connection) {
  connection.keep(options_.idle_time);
  idle_[connection.origin()].push_back(&connection);
  ++idle_count_;
  const MutexLock lock(idle_mutex_);
  ++free_[connection.origin()];
}

void Driver::idle_ended(ClientConnection& connection) {
  const auto found = idle_.find(connection.origin());
  std::erase(found->second, &connection);
  if (found->second.empty()) idle_.erase(found);
  --idle_count_;
  (void)reserve_idle(connection.origin());  // One less; or somebody has counted on it, and will go back.
}

void Driver::bury(ClientConnection& connection) {
  const auto found = connections_.find(&connection);
  graveyard_.push_back(std::move(found->second));
  connections_.erase(found);
}

void Driver::end_all() {
  ending_ = true;
  std::vector<ClientConnection*> all;
  for (const auto& [connection, owner] : connections_) all.push_back(connection);
  for (ClientConnection* connection : all) connection->cancel("the client ends");
}

}  // namespace pollux::client
