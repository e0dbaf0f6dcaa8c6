// The whole server: the loops, the listeners, and the generation they serve by, built from a Config. It is
// given another one by a reload (server/reloader.h), which makes another generation; what stands once is
// changed in place.
//
// It needs no rights to bind or to read private keys: sockets and certificates are there before it
// (main.cpp).
//
// Thread: construction, run() and destruction on the main thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/admission.h"
#include "net/signal_watcher.h"
#include "server/config/command_line.h"
#include "server/config/config.h"
#include "server/generations.h"
#include "server/lasting.h"
#include "server/listen/listener.h"
#include "server/listen/listeners.h"
#include "server/logging.h"
#include "server/pollers.h"
#include "server/process/sandbox.h"
#include "server/process/service_manager.h"
#include "server/process/watchdog.h"
#include "server/reloader.h"
#include "server/serving_loop.h"
#include "server/sites/status_sources.h"
#include "server/sites/tls_identity.h"
#include "server/trace_printer.h"
#include "server/upgrade/upgrade.h"

namespace pollux::server {

// What the process has for its server.
struct Surroundings {
  ListeningSockets& sockets;
  const Sandbox& sandbox;
  ServiceManager& manager;
  Invocation invocation;
  tls::TicketKeys& ticket_keys;
  milliseconds ticket_keys_due;            // Until a new one.
  Pollers pollers;                         // Of config.server, whose model they have settled.
  std::unique_ptr<const TlsIdentity> tls;  // Of the first configuration, read with the rights of the start.
};

class WebServer {
 public:
  // Finds the configuration anew. Called on a thread of its own.
  using Read = std::function<Reread()>;

  // Opens the site, takes the sockets and starts the workers. `written`: as it was read; `config`: what was
  // made of it. Throws std::exception with a message for people when one of them cannot be had. The
  // references must outlive it.
  WebServer(const Config& written, const Config& config, Read read, Surroundings surroundings);
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  ~WebServer();

  // "http://127.0.0.1:8080", "http://unix:/run/pollux.sock", one for each listener, with the port the kernel
  // chose for port 0.
  [[nodiscard]] const std::vector<std::string>& urls() const { return urls_; }

  // "serving http://127.0.0.1:8080"
  [[nodiscard]] std::string description() const;

  // Serves until SIGTERM or SIGINT, then finishes what is in flight, for timeouts.shutdown at most.
  // SIGUSR1 reopens the logs, SIGHUP reads the configuration again, SIGUSR2 has the program on disk take
  // over.
  void run();

 private:
  // std::nullopt: the client was told that there is no place for it.
  [[nodiscard]] std::optional<Arrival> admit(UniqueFd socket, const net::SocketAddress& peer,
                                             const std::shared_ptr<const Listener>& listener);
  [[nodiscard]] Reloader::Work reloading(Read read);
  void apply(Config config);                                                      // Thread: the reloader's.
  [[nodiscard]] std::vector<Listeners::Open> what_is_open(const Config& config);  // The same.
  void go_on_with(Listeners::Plan plan, const std::shared_ptr<Generation>& generation);
  void clean_up();  // Thread: the reloader's.
  void schedule_ticket_keys(milliseconds due);
  void watch_loops();
  void on_signal(int signal);
  void reload();
  void begin_upgrade();
  void hand_over();
  void end_after_hand_over(TimePoint now);
  void shut_down(milliseconds time);
  void drain(TimePoint deadline, milliseconds quiet);

  const Config written_;
  const Config config_;  // Of the start; what can change is that of the generation in force.
  ListeningSockets& sockets_;
  const Sandbox& sandbox_;
  ServiceManager& manager_;
  tls::TicketKeys& ticket_keys_;

  // What stands once.
  std::atomic<bool> answers_are_last_{false};  // See http::Service::draining.
  std::atomic<bool> draining_{false};          // Relaxed: what is said of it may be a moment late.
  ReloadRecord reloads_;
  Reloader reloader_;
  AccessFiles access_files_;
  websocket::Chat chat_;
  net::Admission admission_;
  MemoryBudget memory_;  // Of all connections' buffers.
  net::WidePlaces wide_places_;

  Generations generations_;
  const status::Sources sources_;
  status::LiveFeed feed_;
  TracePrinter trace_printer_;
  const Lasting lasting_;

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

  bool handed_over_ = false;
  bool shutting_down_ = false;
  TimePoint hand_over_deadline_;
};

}  // namespace pollux::server
