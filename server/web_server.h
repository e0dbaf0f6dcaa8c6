// The whole server: the site, the loops that serve it, and the listeners, built from a Config.
//
// Thread: construction, run() and destruction on the main thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/acceptor.h"
#include "net/admission.h"
#include "net/signal_watcher.h"
#include "server/accept_thread.h"
#include "server/config.h"
#include "server/listener.h"
#include "server/pollers.h"
#include "server/serving_loop.h"
#include "server/sites.h"
#include "server/tls_identity.h"

namespace pollux::server {

class WebServer {
 public:
  // Opens the site, binds the listeners and starts the workers. `pollers`: of config.server, whose model they
  // have settled. Throws std::exception with a message for people when one of them cannot be had.
  WebServer(const Config& config, Pollers pollers);
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  ~WebServer();

  // "http://127.0.0.1:8080", one for each listener, with the port the kernel chose for port 0.
  [[nodiscard]] const std::vector<std::string>& urls() const { return urls_; }

  // Serves until SIGTERM or SIGINT, then finishes what is in flight, for timeouts.shutdown at most.
  // SIGUSR1 reopens the logs, SIGHUP reads the certificates again.
  void run();

 private:
  void listen_on_all();
  // Returns the address with its real port.
  net::SocketAddress listen(const ListenAddress& address, const Listener& listener);
  [[nodiscard]] net::Acceptor::Callback serve_on(ServingLoop& serving, const Listener& listener);
  [[nodiscard]] net::Acceptor::Callback deal_out(const Listener& listener);
  // std::nullopt: the client was told that there is no place for it.
  [[nodiscard]] std::optional<Arrival> admit(UniqueFd socket, const net::SocketAddress& peer,
                                             const Listener& listener);
  void schedule_ticket_keys();
  void on_signal(int signal);
  void shut_down();

  const Config config_;

  std::unique_ptr<TlsIdentity> tls_;  // nullptr: plain text only.
  Sites sites_;
  const http2::SessionOptions http2_;
  const Listener plain_;
  const Listener https_;
  const Listener status_;

  net::Admission admission_;
  MemoryBudget memory_;  // Of all connections' buffers.
  net::WidePlaces wide_places_;
  std::vector<std::unique_ptr<ServingLoop>>
      loops_;  // The first is the main thread's. Constant after construction.
  net::SignalWatcher signals_;
  Timer ticket_keys_due_;                        // On the first loop.
  std::unique_ptr<AcceptThread> accept_thread_;  // nullptr: the loops accept.
  std::vector<std::string> urls_;

  std::size_t next_loop_ = 0;                   // Of deal_out(); the accepting thread's alone.
  std::atomic<std::size_t> draining_loops_{0};  // The last one to end (acq_rel) stops all.
  bool shutting_down_ = false;
};

}  // namespace pollux::server
