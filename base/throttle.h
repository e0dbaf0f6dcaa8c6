// Counts attempts by key (a name, a client's address), and says which keys must wait, and how long.
//
// Each key has a bucket: it holds `burst` attempts, and one more comes back every `interval`. Only failures
// are charged, so a client that succeeds never waits. Simultaneous attempts may all pass and overdraw the
// bucket; then the wait is longer.
//
// The table is bounded. When it is full, the key with the fullest bucket among a few makes room, since it
// would be forgotten first anyway. Clients choose the keys, hence the keyed hash.
//
// Thread: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/keyed_hash.h"
#include "base/mutex.h"

namespace pollux {

struct ThrottleLimits {
  std::uint32_t burst = 10;
  std::chrono::milliseconds interval{1000};
};

class Throttle {
 public:
  static constexpr std::size_t kMaxKeys = 65536;

  explicit Throttle(const ThrottleLimits& limits, std::size_t max_keys = kMaxKeys);

  // 0: go ahead. Otherwise the time to wait.
  [[nodiscard]] std::chrono::milliseconds wait(std::string_view key, TimePoint now) const EXCLUDES(mutex_);

  void charge(std::string_view key, TimePoint now) EXCLUDES(mutex_);

  [[nodiscard]] std::size_t keys() const EXCLUDES(mutex_);

 private:
  void make_room(TimePoint now) REQUIRES_LOCK(mutex_);

  const ThrottleLimits limits_;
  const std::size_t max_keys_;
  const KeyedHash hash_;

  mutable Mutex mutex_;
  // From the hash of a key to the time when its bucket is full again. Two keys with the same 64-bit hash
  // share a bucket; that cannot be provoked without the secret.
  std::unordered_map<std::uint64_t, TimePoint> full_at_ GUARDED_BY(mutex_);
  std::size_t bucket_ GUARDED_BY(mutex_) = 0;  // The bucket where make_room() goes on.
};

}  // namespace pollux
