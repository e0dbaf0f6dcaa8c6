#include "client/driver.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

#include "base/thread_name.h"
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
      tls_(std::make_shared<tls::ClientContext>(tls::ClientContext::Options{
          .ca_file = options.ca_file,
          .verify = options.verify,
          .offer = options.http2 ? tls::ClientContext::Offer::kEither : tls::ClientContext::Offer::kHttp1})),
      pools_(options.idle) {
  loop_.set_end_of_batch([this] { graveyard_.clear(); });
}

Driver::~Driver() { stop(); }

void Driver::start(Dispatcher& dispatcher) {
  dispatcher_ = &dispatcher;
  thread_ = std::thread([this] {
    name_this_thread("client-worker");
    block_sigpipe();
    loop_.run();
  });
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
    const bool waited_for = !arrivals_.empty();
    arrivals_.insert(arrivals_.end(), all.begin(), all.end());
    if (!waited_for) take_arrivals();
  });
}

// A few between two polls: so that connections which become idle meanwhile are used, and not one opened for
// each of thousands.
void Driver::take_arrivals() {
  for (std::size_t taken = 0; taken < kTakenAtOnce && !arrivals_.empty(); ++taken) {
    ExchangePtr exchange = std::move(arrivals_.front());
    arrivals_.pop_front();
    begin_one(std::move(exchange));
  }
  if (!arrivals_.empty()) loop_.post([this] { take_arrivals(); });
}

void Driver::fail(ExchangePtr exchange, Error error) {
  loop_.post(
      [this, exchange = std::move(exchange), error = std::move(error)] { finish(exchange, Outcome(error)); });
}

void Driver::cancel(ExchangePtr exchange) {
  loop_.post([exchange = std::move(exchange)] {
    // Elsewhere, whoever takes it up next sees the mark.
    if (exchange->connection == nullptr) return;
    exchange->connection->end(*exchange, ErrorKind::kCancelled, "by the caller");
  });
}

void Driver::begin_one(ExchangePtr exchange) {
  if (ending_ || exchange->cancelled.load(std::memory_order_relaxed)) {
    return finish(exchange, Outcome(cancelled(ending_ ? "the client ends" : "by the caller")));
  }
  if (ClientConnection* connection = pools_.find(*exchange)) {
    connection->add(std::move(exchange));
  } else {
    open(std::move(exchange));
  }
}

void Driver::open(ExchangePtr exchange) {
  const Url& url = exchange->url;
  const bool shared = (url.https ? options_.http2 : options_.http2_plain) && pools_.may_share(url.origin());
  auto connection = std::make_unique<ClientConnection>(*this, loop_, tls_, options_, url, shared);
  ClientConnection& reference = *connection;
  connections_.emplace(&reference, std::move(connection));
  pools_.add(reference, shared);
  reference.open(std::move(exchange));
}

void Driver::finish(const ExchangePtr& exchange, Outcome outcome) {
  if (exchange->finished) return;
  exchange->finished = true;
  exchange->connection = nullptr;
  const auto callback = std::move(exchange->on_outcome);
  dispatcher_->done();
  callback(std::move(outcome));
}

void Driver::completed(ExchangePtr exchange) {
  if (options_.redirects > 0 && is_redirect(exchange->response)) {
    if (auto error = follow_redirect(*exchange, options_.redirects)) {
      return finish(exchange, Outcome(std::move(*error)));
    }
    return dispatcher_->again(std::move(exchange));
  }
  exchange->response.url = exchange->url.to_string();
  finish(exchange, Outcome(std::move(exchange->response)));
}

void Driver::failed(ExchangePtr exchange, Error error, bool stale) {
  if (!stale || exchange->fresh || ending_ || !is_idempotent(exchange->request.method)) {
    return finish(exchange, Outcome(std::move(error)));
  }
  exchange->fresh = true;
  dispatcher_->again(std::move(exchange));
}

void Driver::returned(ExchangePtr exchange, Error why) {
  if (exchange->repeats > kMaxRepeats) return finish(exchange, Outcome(std::move(why)));
  dispatcher_->again(std::move(exchange));
}

void Driver::closed(ClientConnection& connection) {
  pools_.remove(connection);
  const auto found = connections_.find(&connection);
  graveyard_.push_back(std::move(found->second));
  connections_.erase(found);
}

void Driver::end_all() {
  ending_ = true;
  for (const ExchangePtr& exchange : std::exchange(arrivals_, {})) begin_one(exchange);
  std::vector<ClientConnection*> all;
  for (const auto& [connection, owner] : connections_) all.push_back(connection);
  for (ClientConnection* connection : all) connection->end_all(ErrorKind::kCancelled, "the client ends");
}

}  // namespace pollux::client
