// An awaitable response: the result of HttpClient::get() and fetch() in a coroutine.
//
//   Task<int> status_of(HttpClient& client, std::string url) {
//     const Outcome outcome = co_await client.get(url);
//     co_return outcome ? outcome.response().status : 0;
//   }
//
// The request is sent when the coroutine is suspended. The coroutine resumes on the worker, or on its own
// thread if the request is refused at once. A coroutine must not be destroyed while it waits: cancel the
// request instead.
//
// Thread: the coroutine's.
#pragma once

#include <atomic>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "client/outcome.h"
#include "client/request.h"

namespace pollux::client {

class HttpClient;

class PendingResponse {
 public:
  // The client must outlive it.
  PendingResponse(HttpClient& client, Request request, std::stop_token stop)
      : client_(client), request_(std::move(request)), stop_(std::move(stop)) {}
  PendingResponse(const PendingResponse&) = delete;
  PendingResponse& operator=(const PendingResponse&) = delete;

  [[nodiscard]] bool await_ready();                                   // true: it was stopped before it began.
  [[nodiscard]] bool await_suspend(std::coroutine_handle<> waiting);  // false: the outcome is there already.
  [[nodiscard]] Outcome await_resume() { return std::move(*outcome_); }

 private:
  HttpClient& client_;
  Request request_;
  std::stop_token stop_;
  std::optional<Outcome> outcome_;
  // Set by the second of two events: the outcome, or the end of await_suspend(). Acquire and release: each
  // sees the other's writes.
  std::atomic<bool> met_{false};
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace pollux::client
