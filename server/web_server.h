// The whole server: the site, the loops that serve it, and the listeners, built from a Config.
//
// Thread: construction, run() and destruction on the main thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "http/file_cache.h"
#include "http/service.h"
#include "http/static_files.h"
#include "net/acceptor.h"
#include "net/signal_watcher.h"
#include "server/accept_thread.h"
#include "server/config.h"
#include "server/serving_loop.h"

namespace pollux::server {

class WebServer {
 public:
  // Opens the site, binds the listeners and starts the workers. Throws std::exception with a message
  // for people when one of them cannot be had.
  explicit WebServer(const Config& config);
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // "http://127.0.0.1:8080", one for each listener, with the port the kernel chose for port 0.
  [[nodiscard]] const std::vector<std::string>& urls() const { return urls_; }

  // Serves until SIGTERM or SIGINT, then finishes what is in flight, for timeouts.shutdown at most.
  // SIGUSR1 reopens the logs.
  void run();

 private:
  void listen(const ListenAddress& listen);
  [[nodiscard]] net::Acceptor::Callback serve_on(ServingLoop& serving);
  [[nodiscard]] net::Acceptor::Callback deal_out();
  [[nodiscard]] std::size_t connections() const;
  [[nodiscard]] bool refuse_when_full(int socket) const;  // true: there is no room; the client was told.
  void on_signal(int signal);
  void shut_down();

  const Config config_;
  const std::size_t max_connections_;

  std::unique_ptr<http::AccessLog> access_log_;
  http::FileCache cache_;
  http::ErrorPages errors_;
  http::StaticFiles files_;
  http::Router router_;
  http::Service service_;

  std::vector<std::unique_ptr<ServingLoop>>
      loops_;                   // The first is the main thread's. Constant after construction.
  net::SignalWatcher signals_;  // Before any thread is started, see there.
  std::unique_ptr<AcceptThread> accept_thread_;  // nullptr: the loops accept.
  std::vector<std::string> urls_;

  std::size_t next_loop_ = 0;                   // Of deal_out(); the accepting thread's alone.
  std::atomic<std::size_t> draining_loops_{0};  // Relaxed: the last one to end calls stop(), which orders it.
  bool shutting_down_ = false;
};

}  // namespace pollux::server
