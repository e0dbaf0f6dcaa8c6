#include "server/process/heartbeats.h"

#include <utility>

namespace pollux::server {

Heartbeats::Heartbeats(std::vector<Ask> loops) {
  for (Ask& ask : loops) loops_.push_back(std::make_unique<Loop>(std::move(ask)));
}

std::optional<std::size_t> Heartbeats::silent() {
  std::optional<std::size_t> silent;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    Loop& loop = *loops_[i];
    if (loop.turned.load(std::memory_order_acquire)) {
      loop.turned.store(false, std::memory_order_relaxed);
      loop.ask([&loop] { loop.turned.store(true, std::memory_order_release); });
    } else if (!silent) {
      silent = i;
    }
  }
  return silent;
}

}  // namespace pollux::server
