// The generations that are alive: the one in force, and older ones that still have users.
//
//   put_in_force()          the last user goes, on any thread         destroy_ended()
//   ------------> in force, then retired ------------> ended, on a list ------------> destroyed
//
// Users share a generation. The last user does not destroy it: destruction joins the threads of its pools,
// and the last user may be a loop.
//
// Thread: any, unless a method says otherwise.
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
  // `on_ended` is called on any thread when there is a generation to destroy; it must not block.
  explicit Generations(std::function<void()> on_ended) : on_ended_(std::move(on_ended)) {}
  Generations(const Generations&) = delete;
  Generations& operator=(const Generations&) = delete;
  // REQUIRES: no generation has a user.
  ~Generations();

  // Makes the next generation, which does not serve yet. Throws as the constructor of Generation does.
  [[nodiscard]] std::shared_ptr<Generation> make(const Config& config, std::unique_ptr<const TlsIdentity> tls,
                                                 const Lasting& lasting, std::size_t open_files);

  // Retires the previous generation and returns it; nullptr: this is the first one.
  std::shared_ptr<Generation> put_in_force(std::shared_ptr<Generation> generation) EXCLUDES(mutex_);

  // nullptr: there is none yet, or none any more.
  [[nodiscard]] std::shared_ptr<Generation> in_force() const EXCLUDES(mutex_);
  [[nodiscard]] std::shared_ptr<const Listener> listener(ListenerKind kind) const;

  // The number of generations that have been in force so far.
  [[nodiscard]] std::uint64_t number() const { return number_.load(std::memory_order_relaxed); }
  // The number of those not yet destroyed.
  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }

  // Drains all generations except the one in force and the `kept` before it.
  void drain_beyond(std::size_t kept) EXCLUDES(mutex_);
  // Drains all generations that are alive.
  void drain() EXCLUDES(mutex_);

  // Waits for threads and disks. Returns the number of generations it destroyed.
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
  Generation* ended_ GUARDED_BY(mutex_) = nullptr;  // A list, since ending a generation must not allocate.
};

}  // namespace pollux::server
