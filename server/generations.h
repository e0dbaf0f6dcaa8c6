// The generations that are alive: the one in force, and older ones that still have users.
//
//   put_in_force()          the last user goes, on any thread         destroy_ended()
//   ------------> in force, then retired ------------> ended, on a list ------------> destroyed
//
// Users share a generation, and the last to go does not destroy it: that joins the threads of its pools, and
// whoever goes last may be a loop.
//
// Thread: any, except where it says otherwise.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "server/generation.h"

namespace pollux::server {

class Generations {
 public:
  // `on_ended` is called on any thread when there is something to destroy; it must not wait.
  explicit Generations(std::function<void()> on_ended) : on_ended_(std::move(on_ended)) {}
  Generations(const Generations&) = delete;
  Generations& operator=(const Generations&) = delete;
  // REQUIRES: nobody uses a generation any more.
  ~Generations();

  // The next one; nobody serves by it yet. Throws as its constructor does.
  [[nodiscard]] std::shared_ptr<Generation> make(const Config& config, std::unique_ptr<const TlsIdentity> tls,
                                                 const Lasting& lasting, std::size_t open_files);

  // The one before is retired; returns it. nullptr: this is the first.
  std::shared_ptr<Generation> put_in_force(std::shared_ptr<Generation> generation) EXCLUDES(mutex_);

  // nullptr: there is none yet, or no more.
  [[nodiscard]] std::shared_ptr<Generation> in_force() const EXCLUDES(mutex_);
  [[nodiscard]] std::shared_ptr<const Listener> listener(ListenerKind kind) const;

  // So many have been in force.
  [[nodiscard]] std::uint64_t number() const { return number_.load(std::memory_order_relaxed); }
  // Not yet destroyed.
  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }

  // Has the oldest drain, but for the one in force and so many before it.
  void drain_beyond(std::size_t kept) EXCLUDES(mutex_);
  // Has all that are alive drain.
  void drain() EXCLUDES(mutex_);

  // Waits for threads and disks. Returns how many there were.
  std::size_t destroy_ended() EXCLUDES(mutex_);

 private:
  // The oldest first.
  [[nodiscard]] std::vector<std::shared_ptr<Generation>> alive() const EXCLUDES(mutex_);
  void end(Generation* generation) EXCLUDES(mutex_);  // Its last user has gone.

  const std::function<void()> on_ended_;
  std::atomic<std::uint64_t> number_{0};  // Relaxed, both: counts, which guard nothing.
  std::atomic<std::size_t> size_{0};

  mutable Mutex mutex_;
  std::shared_ptr<Generation> in_force_ GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<Generation>> alive_ GUARDED_BY(mutex_);  // In order. Some may have ended.
  Generation* ended_ GUARDED_BY(mutex_) = nullptr;  // A list: who ends one must not want memory.
};

}  // namespace pollux::server
