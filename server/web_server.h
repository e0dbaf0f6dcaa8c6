// The whole server, built from a Config: the loops, the listeners, and the generation in force. A reload
// (server/reloader.h) gives it another Config and makes another generation; objects that the server has once
// are changed in place.
//
// It needs no rights to bind or to read private keys: main.cpp opens sockets and certificates first.
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

// The process's objects that the server uses.
struct Surroundings {
  ListeningSockets& sockets;
  const Sandbox& sandbox;
  ServiceManager& manager;
  Invocation invocation;
  tls::TicketKeys& ticket_keys;
  milliseconds ticket_keys_due;            // Until a new key is due.
  Pollers pollers;                         // Made for config.server; they have settled the model.
  std::unique_ptr<const TlsIdentity> tls;  // For the first configuration, read with the rights of the start.
};

class WebServer {
 public:
  // Reads the configuration again. Called on a thread of its own.
  using Read = std::function<Reread()>;

  // Opens the site, takes the sockets and starts the workers. `written`: the configuration as it was read;
  // `config`: the same with the sockets and the model that the start settled. Throws std::exception with a
  // message for people when one of these steps fails. The references must outlive the server.
  WebServer(const Config& written, const Config& config, Read read, Surroundings surroundings);
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  ~WebServer();

  // One for each listener, with the port that the kernel chose for port 0: "http://127.0.0.1:8080",
  // "http://unix:/run/pollux.sock".
  [[nodiscard]] const std::vector<std::string>& urls() const { return urls_; }

  // For example "serving http://127.0.0.1:8080".
  [[nodiscard]] std::string description() const;

  // Serves until SIGTERM or SIGINT, then finishes requests in flight, for timeouts.shutdown at most. SIGUSR1
  // reopens the logs, SIGHUP reads the configuration again, and SIGUSR2 lets the program on disk take over.
  void run();

 private:
  // std::nullopt: the client was refused.
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
  const Config config_;  // From the start; the generation in force has the current one.
  ListeningSockets& sockets_;
  const Sandbox& sandbox_;
  ServiceManager& manager_;
  tls::TicketKeys& ticket_keys_;

  // Objects that the server has once.
  std::atomic<bool> answers_are_last_{false};  // See http::Service::draining.
  std::atomic<bool> draining_{false};          // Relaxed: reports of it may be a moment late.
  ReloadRecord reloads_;
  Reloader reloader_;
  AccessFiles access_files_;
  websocket::Chat chat_;
  net::Admission admission_;
  MemoryBudget memory_;  // For all connections' buffers.
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
  std::optional<Watchdog> watchdog_;  // std::nullopt: no watchdog.
  std::vector<std::string> urls_;

  bool handed_over_ = false;
  bool shutting_down_ = false;
  TimePoint hand_over_deadline_;
};

}  // namespace pollux::server
