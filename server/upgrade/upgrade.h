// An upgrade of this server (successor.h): gathers the state for the successor, and reports to the service
// manager.
//
// Thread: the first loop's.
#pragma once

#include <functional>
#include <optional>

#include "server/listen/listeners.h"
#include "server/process/sandbox.h"
#include "server/process/service_manager.h"
#include "server/upgrade/successor.h"

namespace pollux::server {

class Upgrade {
 public:
  // All arguments must outlive the object. `on_ready`: called when the successor serves.
  Upgrade(net::EventLoop& loop, Invocation invocation, ServiceManager& manager,
          std::function<void()> on_ready);

  // Only logs if an upgrade is already running.
  void begin(const Listeners& listeners, const Sandbox& sandbox, std::optional<Legacy::TicketKeys> keys);
  void on_child_signal() { successor_.on_child_signal(); }
  void cancel() { successor_.cancel(); }

 private:
  ServiceManager& manager_;
  Successor successor_;
};

}  // namespace pollux::server
