// A non-blocking HTTP/1.1 and HTTP/2 client on epoll: thousands of requests in flight from two threads.
//
//   HttpClient client;
//   Outcome outcome = client.send("https://localhost:8443/").get();     // a future,
//   client.send({.url = "http://localhost:8080/"}, [](Outcome) { });    // a callback,
//   Outcome outcome = co_await client.get("http://localhost:8080/");    // or a coroutine.
//
// The task thread takes requests from the queue and resolves names; the worker thread has all connections.
// With ClientOptions::worker = false there is no worker thread: a loop of the program does its work. That
// loop watches one descriptor, level-triggered, and calls dispatch() when it is readable:
//
//   epoll_ctl(epoll, EPOLL_CTL_ADD, client.descriptor(), &readable);  ...  client.dispatch();
//
// Connections are kept alive and reused; if a server speaks HTTP/2, all requests to an origin share one.
// Certificates and names are verified; redirects are followed within a bound; every stage has a deadline.
// docs/client.md has examples and explains the design.
//
// Thread: send(), cancel() and resume() any. Callbacks run on the worker (but see kFull), and so do sources,
// sinks and the rest of a coroutine after co_await: they must not block or throw, and may call send().
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "client/options.h"
#include "client/outcome.h"
#include "client/pending_response.h"
#include "client/request.h"

namespace pollux::net {
class NestedLoop;
}

namespace pollux::client {

class TaskThread;
class Driver;
struct Exchange;

class HttpClient {
 public:
  using Callback = std::function<void(Outcome)>;
  using Ticket = std::weak_ptr<Exchange>;  // For cancel() and resume().

  // Throws tls::Error (the CA file), std::invalid_argument (the proxy's URL), std::system_error (threads,
  // epoll).
  explicit HttpClient(const ClientOptions& options = {});
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Unfinished requests end as kCancelled, and every callback has been called when this returns. First it
  // waits for the system's resolver, if that is looking up a name. REQUIRES: not on the worker thread, not
  // within dispatch().
  ~HttpClient();

  // `callback` is called exactly once. If the request is invalid or the queue is full, that happens on the
  // caller's thread before send() returns.
  Ticket send(Request request, Callback callback);

  [[nodiscard]] std::future<Outcome> send(Request request);
  [[nodiscard]] std::future<Outcome> send(const std::string& url);  // A GET.

  // For co_await. A requested stop ends the request as cancel() does.
  [[nodiscard]] PendingResponse fetch(Request request, std::stop_token stop = {});
  [[nodiscard]] PendingResponse get(const std::string& url, std::stop_token stop = {});

  // Ends the request as kCancelled, unless it has ended.
  void cancel(const Ticket& ticket);

  // Resumes its BodySource or BodySink, which has paused. Once for each pause.
  void resume(const Ticket& ticket);

  // --- With ClientOptions::worker = false, on the thread of the program's loop; the destructor as well.

  [[nodiscard]] int descriptor() const;  // Readable when there is work. Do not read from it.
  void dispatch();                       // Does the work without waiting.

 private:
  const milliseconds total_;
  std::unique_ptr<net::NestedLoop> loop_;  // For the worker.
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<TaskThread> task_thread_;  // Has the task thread.
  std::thread worker_;                       // Not joinable: the program's loop does the work.
};

}  // namespace pollux::client
