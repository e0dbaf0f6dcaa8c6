// One event loop with its connections, and the model that schedules them.
//
// The proactor and the reactor have one, on the main thread. The multi-reactor and io-uring have several: the
// first on the main thread, every other one on a thread of its own.
//
// Thread: construction, start() and destruction on the main thread, adopt() on the loop's; the other methods
// on any.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "net/connection_set.h"
#include "net/event_loop.h"
#include "server/concurrency_model.h"
#include "server/config/config.h"
#include "server/listen/listener.h"

namespace pollux::server {

// Bounds on the connections of all loops together.
struct SharedBounds {
  MemoryBudget& memory;  // For their buffers.
  net::WidePlaces& wide_places;
};

class ServingLoop {
 public:
  // Starts no thread. All arguments must outlive it.
  ServingLoop(const Config& config, const SharedBounds& shared, std::unique_ptr<net::Poller> poller);
  ServingLoop(const ServingLoop&) = delete;
  ServingLoop& operator=(const ServingLoop&) = delete;
  ~ServingLoop() {
    stop();
    join();
  }

  [[nodiscard]] net::EventLoop& loop() { return loop_; }

  // Starts the model's workers. Call run() or run_in_thread() after it.
  void start();
  void run() { loop_.run(); }
  void run_in_thread();
  void stop() { loop_.stop(); }
  // Ends the model's workers when they have done the queued work. REQUIRES: the loop has ended.
  void end_workers() { model_.reset(); }
  // Cuts off the remaining connections and returns their number. REQUIRES: no loop and no worker runs.
  std::size_t cut_off_connections() { return connections_.cut_off(); }
  void join();  // Waits for the thread, if there is one. REQUIRES: stop() was or will be called.

  // Serves a client from now on.
  void adopt(Arrival arrival);
  // adopt() for other threads; a burst of calls costs one wake-up.
  void hand_in(Arrival arrival) EXCLUDES(mutex_);

  // Another configuration is in force: the connections are told, and none waits for a thread longer than
  // `patience`.
  void on_reload(milliseconds patience);

  // Lets requests in flight finish until `deadline`, then calls `done` on the loop; see net/connection_set.h.
  void drain(TimePoint deadline, milliseconds quiet, net::EventLoop::Function done);

 private:
  void take_inbox() EXCLUDES(mutex_);

  const Config& config_;
  net::EventLoop loop_;
  net::ConnectionSet connections_;
  std::unique_ptr<ConcurrencyModel> model_;  // After the connections: its workers end before these.
  std::thread thread_;

  Mutex mutex_;
  std::vector<Arrival> inbox_ GUARDED_BY(mutex_);
};

}  // namespace pollux::server
