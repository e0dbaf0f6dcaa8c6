// The sources of the figures on this server's status pages.
//
// Thread: any.
#pragma once

#include <atomic>

#include "base/clock.h"
#include "base/mutex.h"
#include "server/config/config.h"
#include "server/generations.h"
#include "status/snapshot.h"

namespace pollux::server {

// The outcome of reloads so far.
class ReloadRecord {
 public:
  struct Times {
    bool succeeded = true;  // The last one.
    WallTime last;          // At first, the start.
    WallTime since;         // The last that succeeded.
  };

  void note(bool succeeded) EXCLUDES(mutex_);
  [[nodiscard]] Times times() const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  Times times_ GUARDED_BY(mutex_) = {
      .succeeded = true, .last = std::chrono::system_clock::now(), .since = std::chrono::system_clock::now()};
};

// `config`: for settings that cannot change. All arguments must outlive the sources.
[[nodiscard]] status::Sources make_sources(const ServerConfig& config, const Generations& generations,
                                           const ReloadRecord& reloads, const std::atomic<bool>& draining);

}  // namespace pollux::server
