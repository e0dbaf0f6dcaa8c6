// The whole server: the loops, the listeners, and the generation they serve by, built from a Config. It is
// given another one by a reload (server/reloader.h), which makes another generation; what stands once is
// changed in place.
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
#include "server/command_line.h"
#include "server/config.h"
#include "server/generations.h"
#include "server/lasting.h"
#include "server/listener.h"
#include "server/listeners.h"
#include "server/logging.h"
#include "server/pollers.h"
#include "server/reloader.h"
#include "server/serving_loop.h"
#include "server/status_sources.h"
#include "server/trace_printer.h"

namespace pollux::server {

class WebServer {
 public:
  // Finds the configuration anew. Called on a thread of its own.
  using Read = std::function<Reread()>;

  // Opens the site, binds the listeners and starts the workers. `written`: as it was read; `config`: what was
  // made of it; `pollers`: of config.server, whose model they have settled. Throws std::exception with a
  // message for people when one of them cannot be had.
  WebServer(const Config& written, const Config& config, Read read, Pollers pollers);
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  ~WebServer();

  // "http://127.0.0.1:8080", "http://unix:/run/pollux.sock", one for each listener, with the port the kernel
  // chose for port 0.
  [[nodiscard]] const std::vector<std::string>& urls() const { return urls_; }

  // Serves until SIGTERM or SIGINT, then finishes what is in flight, for timeouts.shutdown at most.
  // SIGUSR1 reopens the logs, SIGHUP reads the configuration again.
  void run();

 private:
  // std::nullopt: the client was told that there is no place for it.
  [[nodiscard]] std::optional<Arrival> admit(UniqueFd socket, const net::SocketAddress& peer,
                                             const std::shared_ptr<const Listener>& listener);
  void apply(Config config);  // Thread: the reloader's.
  void go_on_with(Listeners::Plan plan, const std::shared_ptr<Generation>& generation);
  void clean_up();  // Thread: the reloader's.
  void schedule_ticket_keys();
  void on_signal(int signal);
  void shut_down();

  const Config written_;
  const Config config_;  // Of the start; what can change is that of the generation in force.

  // What stands once.
  std::atomic<bool> draining_{false};  // See http::Service.
  ReloadRecord reloads_;
  Reloader reloader_;
  tls::TicketKeys ticket_keys_;
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
  Timer ticket_keys_due_;  // On the first loop.
  std::vector<std::string> urls_;

  std::atomic<std::size_t> draining_loops_{0};  // The last one to end (acq_rel) stops all.
  bool shutting_down_ = false;
};

}  // namespace pollux::server
