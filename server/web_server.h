// The whole server: the site, the loops that serve it, and the listeners, built from a Config.
//
// It needs no rights to bind or to read private keys: sockets and certificates are there before it
// (main.cpp).
//
// Thread: construction, run() and destruction on the main thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/admission.h"
#include "net/signal_watcher.h"
#include "server/config.h"
#include "server/listener.h"
#include "server/listeners.h"
#include "server/sandbox.h"
#include "server/service_manager.h"
#include "server/serving_loop.h"
#include "server/sites.h"
#include "server/tls_identity.h"
#include "server/upgrade.h"
#include "server/watchdog.h"

namespace pollux::server {

// What the process has for its server.
struct Surroundings {
  ListeningSockets& sockets;
  const Sandbox& sandbox;
  ServiceManager& manager;
  Invocation invocation;
  std::unique_ptr<TlsIdentity> tls;  // nullptr: plain text only.
  milliseconds ticket_keys_due;      // Until a new one.
};

class WebServer {
 public:
  // Opens the site, takes the sockets and starts the workers. Throws std::exception with a message for people
  // when one of them cannot be had. The references must outlive it.
  WebServer(const Config& config, Surroundings surroundings);
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  ~WebServer();

  // "http://127.0.0.1:8080", one for each listener, with the port the kernel chose for port 0.
  [[nodiscard]] const std::vector<std::string>& urls() const { return urls_; }

  // "serving http://127.0.0.1:8080"
  [[nodiscard]] const std::string& description() const { return serving_; }

  // Serves until SIGTERM or SIGINT, then finishes what is in flight, for timeouts.shutdown at most.
  // SIGUSR1 reopens the logs, SIGHUP reads the certificates again, SIGUSR2 has the program on disk take over.
  void run();

 private:
  void listen_on_all();
  // std::nullopt: the client was told that there is no place for it.
  [[nodiscard]] std::optional<Arrival> admit(UniqueFd socket, const net::SocketAddress& peer,
                                             const Listener& listener);
  void schedule_ticket_keys(milliseconds due);
  void watch_loops();
  void on_signal(int signal);
  void reload();
  void begin_upgrade();
  void hand_over();
  void end_after_hand_over(TimePoint now);
  void shut_down(milliseconds time);
  void drain(TimePoint deadline, milliseconds quiet);

  const Config config_;
  const Sandbox& sandbox_;
  ServiceManager& manager_;

  const std::unique_ptr<TlsIdentity> tls_;
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
  Listeners listeners_;
  net::SignalWatcher signals_;
  // On the first loop:
  Timer ticket_keys_due_;
  Timer hand_over_due_;
  Upgrade upgrade_;
  std::optional<Watchdog> watchdog_;  // std::nullopt: nobody watches.
  std::vector<std::string> urls_;
  std::string serving_;

  bool handed_over_ = false;
  bool shutting_down_ = false;
  TimePoint hand_over_deadline_;
};

}  // namespace pollux::server
