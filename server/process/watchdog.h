// Feeds the service manager's watchdog (WatchdogSec= of systemd) while all event loops turn. It stops as soon
// as one hangs, and the manager then restarts the server.
//
// Thread: the home loop's.
#pragma once

#include <chrono>
#include <vector>

#include "net/event_loop.h"
#include "server/process/heartbeats.h"
#include "server/process/service_manager.h"
#include "timer/timing_wheel.h"

namespace pollux::server {

class Watchdog {
 public:
  // REQUIRES: manager.watchdog() is not 0. All arguments must outlive the watchdog; `loops` end before it.
  Watchdog(net::EventLoop& home, const std::vector<net::EventLoop*>& loops, ServiceManager& manager);

  // Sends and logs nothing any more: the loops are about to end.
  void stop();

 private:
  void look(TimePoint now);

  net::EventLoop& home_;
  ServiceManager& manager_;
  const std::chrono::microseconds period_;  // Between two checks.
  Heartbeats beats_;
  bool alarmed_ = false;  // A loop hangs, and the log has said so.
  Timer timer_;
};

}  // namespace pollux::server
