#include "client/driver.h"

#include <utility>

#include "base/thread_name.h"
#include "client/task_thread.h"
#include "http/lists.h"

namespace pollux::client {

namespace {

Error cancelled(const char* reason) { return {Stage::kQueue, ErrorKind::kCancelled, reason}; }

}  // namespace

Driver::Driver(const ClientOptions& options, net::EventLoop& loop)
    : options_(options),
      tls_(std::make_shared<tls::ClientContext>(tls::ClientContext::Options{
          .ca_file = options.ca_file,
          .verify = options.verify,
          .offer = options.http2 ? tls::ClientContext::Offer::kEither : tls::ClientContext::Offer::kHttp1})),
      loop_(loop),
      pools_(options.idle) {}

void Driver::start(TaskThread& task_thread) {
  task_thread_ = &task_thread;
  loop_.set_end_of_batch([this] { on_end_of_batch(); });
}

void Driver::on_end_of_batch() {
  serve_waiting();
  graveyard_.clear();
}

void Driver::begin(std::vector<ExchangePtr> exchanges) {
  loop_.post([this, all = std::move(exchanges)] {
    const bool waited_for = !arrivals_.empty();
    arrivals_.insert(arrivals_.end(), all.begin(), all.end());
    if (!waited_for) take_arrivals();
  });
}

// A few between two polls, so that connections which become idle meanwhile are reused: otherwise thousands of
// exchanges would open one each.
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

void Driver::expect_overdue(TimePoint due) {
  loop_.post([this, due] { watch(due); });
}

void Driver::watch(TimePoint due) {
  if (!overdue_.armed() || due < overdue_.due()) loop_.timers().arm(overdue_, due);
}

// Their addresses, or places in flight, may take long to come.
void Driver::end_overdue(TimePoint now) {
  const TaskThread::Overdue overdue = task_thread_->take_overdue(now);
  if (overdue.next) watch(*overdue.next);
  const auto end = [this](const std::vector<ExchangePtr>& exchanges, Stage stage) {
    for (const ExchangePtr& exchange : exchanges)
      finish(exchange, Outcome(Error{stage, ErrorKind::kTimeout, "in all"}));
  };
  end(overdue.queued, Stage::kQueue);
  end(overdue.unresolved, Stage::kResolve);
}

void Driver::cancel(ExchangePtr exchange) {
  loop_.post([this, exchange = std::move(exchange)] {
    if (exchange->holder != nullptr) {
      exchange->holder->end(*exchange, ErrorKind::kCancelled, "by the caller");
    } else {  // The task thread has it, or it is on its way from there: it is dropped when it comes.
      conclude(*exchange, Outcome(cancelled("by the caller")));
    }
  });
}

void Driver::resume(ExchangePtr exchange) {
  loop_.post([exchange = std::move(exchange)] {
    if (exchange->holder != nullptr) exchange->holder->resume(*exchange);  // Otherwise it has not paused.
  });
}

// Settings that depend on the URL, which a redirect changes.
void Driver::prepare(Exchange& exchange) {
  exchange.decodes = options_.decode;
  exchange.redirects = options_.redirects > 0;
  exchange.by_proxy = !options_.proxy.empty() && !exchange.url.https;
  if (exchange.by_proxy) exchange.proxy_authorization = options_.proxy_authorization;
  if (options_.cookies) exchange.cookie = cookies_.find(exchange.url, loop_.now().wall);
}

void Driver::begin_one(ExchangePtr exchange) {
  // The mark may be set before cancel() runs; finish() knows the result.
  if (ending_ || exchange->cancelled.load(std::memory_order_relaxed)) {
    return finish(exchange, Outcome(cancelled(ending_ ? "the client ends" : "by the caller")));
  }
  prepare(*exchange);
  if (waiting_.has(exchange->url.origin())) return wait(std::move(exchange));
  place(std::move(exchange));
}

void Driver::place(ExchangePtr exchange) {
  const bool full =
      options_.per_origin > 0 && pools_.connections(exchange->url.origin()) >= options_.per_origin;
  if (ClientConnection* connection = pools_.find(*exchange, exchange->fresh && !full)) {
    connection->add(std::move(exchange));
  } else if (full) {
    wait(std::move(exchange));
  } else {
    open(std::move(exchange));
  }
}

// --- Waiting for a connection --------------------------------------------------------------------------

void Driver::wait(ExchangePtr exchange) {
  exchange->holder = this;
  loop_.timers().arm(exchange->timer, exchange->deadline);
  waiting_.add(std::move(exchange));
}

void Driver::end(const Exchange& exchange, ErrorKind kind, const std::string& reason) {
  const ExchangePtr ended = waiting_.remove(exchange);
  loop_.timers().cancel(ended->timer);
  finish(ended, Outcome(Error{Stage::kQueue, kind, reason}));
}

// Begins one waiting exchange for each connection that has become idle or is gone, or all of them if it makes
// one that is shared. At the end of a batch, since connections call from within.
void Driver::serve_waiting() {
  while (!freed_.empty()) {
    for (const std::string& origin : std::exchange(freed_, {})) {
      do {
        ExchangePtr exchange = waiting_.next(origin);
        if (!exchange) break;
        loop_.timers().cancel(exchange->timer);
        exchange->holder = nullptr;
        place(std::move(exchange));
      } while (pools_.has_shared(origin));
    }
  }
}

bool Driver::keeps(ClientConnection& connection) {
  if (ending_ || !pools_.keep(connection, waiting_.has(connection.origin()))) return false;
  if (options_.per_origin > 0) freed_.push_back(connection.origin());
  return true;
}

// --- Connections ---------------------------------------------------------------------------------------

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
  task_thread_->done();
  conclude(*exchange, std::move(outcome));
}

void Driver::conclude(Exchange& exchange, Outcome outcome) {
  if (exchange.finished) return;
  exchange.finished = true;
  exchange.holder = nullptr;
  const auto callback = std::move(exchange.on_outcome);
  callback(std::move(outcome));
}

void Driver::keep_cookies(const Exchange& exchange) {
  for (const HeaderField& field : exchange.response.fields) {
    if (http::equals_ignoring_case(field.name, "Set-Cookie"))
      cookies_.store(exchange.url, field.value, loop_.now().wall);
  }
}

void Driver::completed(ExchangePtr exchange) {
  if (options_.cookies) keep_cookies(*exchange);
  if (options_.redirects > 0 && is_redirect(exchange->response)) {
    if (auto error = follow_redirect(*exchange, options_.redirects)) {
      return finish(exchange, Outcome(std::move(*error)));
    }
    return task_thread_->again(exchange);
  }
  exchange->response.url = exchange->url.to_string();
  finish(exchange, Outcome(std::move(exchange->response)));
}

void Driver::failed(ExchangePtr exchange, Error error, bool stale) {
  const bool once = exchange->upload.begun() || !is_idempotent(exchange->request.method);
  if (!stale || exchange->fresh || ending_ || once) {
    return finish(exchange, Outcome(std::move(error)));
  }
  exchange->fresh = true;
  task_thread_->again(exchange);
}

void Driver::returned(ExchangePtr exchange, Error why) {
  if (exchange->repeats > kMaxRepeats || exchange->upload.begun())
    return finish(exchange, Outcome(std::move(why)));
  task_thread_->again(exchange);
}

void Driver::closed(ClientConnection& connection) {
  pools_.remove(connection);
  if (options_.per_origin > 0) freed_.push_back(connection.origin());
  const auto found = connections_.find(&connection);
  graveyard_.push_back(std::move(found->second));
  connections_.erase(found);
}

void Driver::end_all() {
  ending_ = true;
  for (const ExchangePtr& exchange : std::exchange(arrivals_, {})) begin_one(exchange);
  for (const ExchangePtr& exchange : waiting_.remove_all()) {
    loop_.timers().cancel(exchange->timer);
    begin_one(exchange);
  }
  std::vector<ClientConnection*> all;
  for (const auto& [connection, owner] : connections_) all.push_back(connection);
  for (ClientConnection* connection : all) connection->end_all(ErrorKind::kCancelled, "the client ends");
}

}  // namespace pollux::client
