#include "client/http_client.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include "base/thread_name.h"
#include "client/driver.h"
#include "client/task_thread.h"
#include "net/nested_loop.h"

namespace pollux::client {

namespace {

std::optional<Url> proxy_of(const ClientOptions& options) {
  if (options.proxy.empty()) return std::nullopt;
  auto url = Url::parse(options.proxy);
  if (!url || url->https) throw std::invalid_argument("not an http URL of a proxy: " + options.proxy);
  return url;
}

// A proxy gets requests for http:// in HTTP/1.1, whatever the server behind it speaks.
ClientOptions settled(ClientOptions options) {
  options.http2_plain = options.http2_plain && options.proxy.empty();
  return options;
}

}  // namespace

HttpClient::HttpClient(const ClientOptions& options)
    : total_(options.timeouts.total),
      loop_(std::make_unique<net::NestedLoop>()),
      driver_(std::make_unique<Driver>(settled(options), loop_->loop())),
      task_thread_(
          std::make_unique<TaskThread>(*driver_, options.queue, options.in_flight, proxy_of(options))) {
  driver_->start(*task_thread_);
  if (!options.worker) return;
  worker_ = std::thread([this] {
    name_this_thread("client-worker");
    loop_->loop().run();
  });
}

HttpClient::~HttpClient() {
  task_thread_->stop();
  loop_->loop().post([this] {
    driver_->end_all();
    loop_->loop().post([this] { loop_->loop().stop(); });  // After all functions posted meanwhile.
  });
  if (worker_.joinable()) {
    worker_.join();
  } else {
    loop_->loop().run();  // Until that stop.
  }
}

HttpClient::Ticket HttpClient::send(Request request, Callback callback) {
  auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->on_outcome = std::move(callback);
  exchange->deadline = std::chrono::steady_clock::now() + total_;
  auto error = check(*exchange);
  if (!error && !task_thread_->submit(exchange)) {
    error = Error{Stage::kQueue, ErrorKind::kFull, "more requests than the queue holds"};
  }
  if (error) exchange->on_outcome(Outcome(std::move(*error)));
  return exchange;
}

std::future<Outcome> HttpClient::send(Request request) {
  // Shared, because std::function must be copyable.
  auto promise = std::make_shared<std::promise<Outcome>>();
  std::future<Outcome> future = promise->get_future();
  (void)send(std::move(request), [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
  return future;
}

std::future<Outcome> HttpClient::send(const std::string& url) { return send(Request{.url = url}); }

PendingResponse HttpClient::fetch(Request request, std::stop_token stop) {
  return {*this, std::move(request), std::move(stop)};
}

PendingResponse HttpClient::get(const std::string& url, std::stop_token stop) {
  return fetch({.url = url}, std::move(stop));
}

void HttpClient::cancel(const Ticket& ticket) {
  if (ExchangePtr exchange = ticket.lock()) {
    exchange->cancelled.store(true, std::memory_order_relaxed);
    driver_->cancel(std::move(exchange));
  }
}

void HttpClient::resume(const Ticket& ticket) {
  if (ExchangePtr exchange = ticket.lock()) driver_->resume(std::move(exchange));
}

int HttpClient::descriptor() const { return loop_->descriptor(); }

void HttpClient::dispatch() { loop_->dispatch(); }

}  // namespace pollux::client
