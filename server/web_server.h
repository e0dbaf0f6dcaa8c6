// The whole server: site, protocol, loop, model and listeners, built from a Config and run until a signal.
//
// Thread: construction, run() and destruction on the main thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/file_cache.h"
#include "http/service.h"
#include "http/static_files.h"
#include "net/acceptor.h"
#include "net/connection_set.h"
#include "net/event_loop.h"
#include "net/signal_watcher.h"
#include "server/concurrency_model.h"
#include "server/config.h"

namespace pollux::server {

class WebServer {
 public:
  // Opens the site, binds the listeners and starts the workers. Throws std::exception with a message
  // for people when one of them cannot be had.
  explicit WebServer(const Config& config);
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // "http://127.0.0.1:8080", one for each listener, with the port the kernel chose for port 0.
  [[nodiscard]] std::vector<std::string> urls() const;

  // Serves until SIGTERM or SIGINT, then finishes what is in flight, for timeouts.shutdown at most.
  // SIGUSR1 reopens the logs.
  void run();

 private:
  void on_connection(UniqueFd socket, const net::SocketAddress& peer);
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

  net::EventLoop loop_;
  net::SignalWatcher signals_;  // Before any thread is started, see there.
  net::ConnectionSet connections_;
  std::unique_ptr<ConcurrencyModel> model_;  // After the connections: its workers end before them.
  std::vector<std::unique_ptr<net::Acceptor>> acceptors_;
  bool shutting_down_ = false;
};

}  // namespace pollux::server
