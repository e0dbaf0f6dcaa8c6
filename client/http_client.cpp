#include "client/http_client.h"

#include "client/dispatcher.h"
#include "client/driver.h"

namespace pollux::client {

HttpClient::HttpClient(const ClientOptions& options)
    : driver_(std::make_unique<Driver>(options)),
      dispatcher_(std::make_unique<Dispatcher>(*driver_, options.queue, options.in_flight)),
      total_(options.timeouts.total) {
  driver_->start(*dispatcher_);
}

HttpClient::~HttpClient() {
  dispatcher_->stop();
  driver_->stop();
}

HttpClient::Ticket HttpClient::send(Request request, Callback callback) {
  auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->on_outcome = std::move(callback);
  exchange->deadline = std::chrono::steady_clock::now() + total_;
  auto error = check(*exchange);
  if (!error && !dispatcher_->submit(exchange)) {
    error = Error{Stage::kQueue, ErrorKind::kFull, "more requests than the queue holds"};
  }
  if (error) exchange->on_outcome(Outcome(std::move(*error)));
  return exchange;
}

std::future<Outcome> HttpClient::send(Request request) {
  // Shared, because std::function wants to be copied.
  auto promise = std::make_shared<std::promise<Outcome>>();
  std::future<Outcome> future = promise->get_future();
  (void)send(std::move(request), [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
  return future;
}

std::future<Outcome> HttpClient::send(const std::string& url) {
  return send({.method = "GET", .url = url, .fields = {}, .body = {}});
}

void HttpClient::cancel(const Ticket& ticket) {
  if (ExchangePtr exchange = ticket.lock()) {
    exchange->cancelled.store(true, std::memory_order_relaxed);
    driver_->cancel(std::move(exchange));
  }
}

}  // namespace pollux::client
