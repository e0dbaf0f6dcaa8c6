#include "server/upgrade/upgrade.h"

#include <string>
#include <utility>
#include <vector>

#include "log/logger.h"

namespace pollux::server {

Upgrade::Upgrade(net::EventLoop& loop, Invocation invocation, ServiceManager& manager,
                 std::function<void()> on_ready)
    : manager_(manager),
      successor_(loop, std::move(invocation),
                 {.on_ready =
                      [this, on_ready = std::move(on_ready)](pid_t pid) {
                        log::info("upgrade: process {} serves from now on; this one finishes what it has",
                                  pid);
                        manager_.main_pid(pid, "serving, after an upgrade");
                        on_ready();
                      },
                  .on_failure =
                      [this](const std::string& why) {
                        log::error("upgrade: the new program has failed, and this one goes on: {}", why);
                        manager_.ready("serving; an upgrade has failed: " + why);
                      }}) {}

void Upgrade::begin(const Listeners& listeners, const Sandbox& sandbox,
                    std::optional<Legacy::TicketKeys> keys) {
  if (successor_.under_way()) return log::warn("SIGUSR2: an upgrade is under way already");
  Legacy legacy{.sockets = {}, .sandbox = sandbox.rules(), .ticket_keys = std::move(keys)};
  std::vector<int> descriptors;
  for (const Listeners::Socket& socket : listeners.sockets()) {
    legacy.sockets.push_back({socket.place, socket.name});
    descriptors.push_back(socket.fd);
  }
  log::info("SIGUSR2: the program on disk is started");
  manager_.reloading("starting a new program");
  successor_.start(descriptors, legacy);
}

}  // namespace pollux::server
