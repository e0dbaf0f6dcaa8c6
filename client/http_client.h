// A non-blocking client of HTTP/1.1 and HTTP/2 over epoll: thousands of requests in flight from two threads.
//
//   HttpClient client;
//   Outcome outcome = client.send("https://localhost:8443/").get();
//   if (outcome) use(outcome.response().body); else say(outcome.error().to_string());
//
// Connections are kept alive and used again; where a server speaks HTTP/2, all requests to an origin share
// one. Certificates and names are verified; redirects are followed within a bound; every stage has a
// deadline. docs/castor.md tells how it works.
//
// Bodies are held in memory, within limits.body. It does not decode content codings, and keeps no cookies.
//
// Thread: send() and cancel() from any thread. Callbacks run on the worker thread (but see kFull): they must
// not block and must not throw, and may send again. SIGPIPE is blocked there.
#pragma once

#include <future>
#include <memory>
#include <string>

#include "client/exchange.h"
#include "client/outcome.h"

namespace pollux::client {

class Dispatcher;
class Driver;

struct ClientOptions {
  std::string ca_file;       // PEM: whom to trust; empty: the system's authorities.
  bool verify = true;        // Certificates and names.
  bool http2 = true;         // Is offered over TLS (ALPN); the server chooses.
  bool http2_plain = false;  // http:// is HTTP/2 as well: all servers asked must be known to speak it.
  Timeouts timeouts = {};
  ResponseLimits limits = {};      // Of one response.
  std::size_t queue = 65'536;      // Requests that wait.
  std::size_t in_flight = 8'192;   // Requests that do not: each may have a connection, or wait for HTTP/2's.
  std::size_t idle = 256;          // Connections kept for further requests.
  milliseconds idle_time{15'000};  // For so long.
  unsigned redirects = 10;         // 0: they are responses like others.
};

class HttpClient {
 public:
  using Callback = std::function<void(Outcome)>;
  using Ticket = std::weak_ptr<Exchange>;  // For cancel().

  // Throws tls::Error (the file of authorities), std::system_error (threads, epoll).
  explicit HttpClient(const ClientOptions& options = {});
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // What is not finished ends as kCancelled; every callback has been called when this returns.
  // REQUIRES: not on the worker thread.
  ~HttpClient();

  // `callback` is called exactly once. Where the request is invalid or the queue is full, on the caller's
  // thread and before send() returns.
  Ticket send(Request request, Callback callback);

  [[nodiscard]] std::future<Outcome> send(Request request);
  [[nodiscard]] std::future<Outcome> send(const std::string& url);  // A GET.

  // Ends it as kCancelled, unless it has ended.
  void cancel(const Ticket& ticket);

 private:
  std::unique_ptr<Driver> driver_;
  std::unique_ptr<Dispatcher> dispatcher_;
  const milliseconds total_;
};

}  // namespace pollux::client
