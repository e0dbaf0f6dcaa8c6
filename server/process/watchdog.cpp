#include "server/process/watchdog.h"

#include <functional>
#include <utility>

#include "log/logger.h"

namespace pollux::server {

namespace {

// A third of the manager's time: a hanging loop shows at the second check, and one message may be late.
constexpr int kLooks = 3;

std::vector<Heartbeats::Ask> questions(const std::vector<net::EventLoop*>& loops) {
  std::vector<Heartbeats::Ask> asks;
  asks.reserve(loops.size());
  for (net::EventLoop* loop : loops) {
    asks.emplace_back([loop](std::function<void()> sign) { loop->post(std::move(sign)); });
  }
  return asks;
}

}  // namespace

Watchdog::Watchdog(net::EventLoop& home, const std::vector<net::EventLoop*>& loops, ServiceManager& manager)
    : home_(home),
      manager_(manager),
      period_(manager.watchdog() / kLooks),
      beats_(questions(loops)),
      timer_([this](TimePoint now) { look(now); }) {
  home_.timers().arm(timer_, home_.now().steady);
}

void Watchdog::stop() { home_.timers().cancel(timer_); }

void Watchdog::look(TimePoint now) {
  home_.timers().arm(timer_, now + period_);
  const auto silent = beats_.silent();
  if (!silent) {
    if (alarmed_) log::warn("all event loops turn again");
    manager_.alive();
  } else if (!alarmed_) {
    log::error("event loop {} has not turned for {} ms: the watchdog is not fed", *silent,
               std::chrono::duration_cast<milliseconds>(period_).count());
  }
  alarmed_ = silent.has_value();
}

}  // namespace pollux::server
