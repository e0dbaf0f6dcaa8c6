// The limit on the rate of requests from a client address (limits.requests_per_address).
//
// Each address has a bucket of `rate.requests` requests, which refills evenly within `rate.period`. A request
// that finds it empty is refused, and takes nothing from it. A bucket stores only the time at which it is
// full again (the generic cell rate algorithm, ITU-T I.371).
//
// An IPv6 client is counted by its /64, the smallest network that a single customer is given.
//
// Memory: 65,536 buckets (1 MiB), however many addresses there are. They are in sets of eight. A keyed hash
// of the address chooses the set, so nobody can choose addresses that collide. In a set without a free
// bucket, a new address gets the bucket that is full, or will be full the soonest:
//  - No address is refused for what others do: a new one has a full bucket, whatever the crowd.
//  - A refused address keeps its bucket while many others make a few requests each: they displace one
//    another. It is let off only when the seven others of its set have emptied theirs after it.
//
// Thread: any. One short lock of one of 64 shards for each request.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/keyed_hash.h"
#include "base/mutex.h"
#include "log/throttle.h"

namespace pollux::http {

struct Rate {
  std::uint32_t requests = 0;  // 0: no limit.
  std::chrono::milliseconds period = std::chrono::seconds(1);

  bool operator==(const Rate&) const = default;
};

class RateLimit {
 public:
  // REQUIRES: rate.requests > 0.
  explicit RateLimit(const Rate& rate);

  // Counts a request of `client`, an address as text. 0: it is admitted. Otherwise it is refused, and the
  // client's next request will be admitted after this time. Refusals are logged at a limited rate.
  [[nodiscard]] std::chrono::nanoseconds wait_of(std::string_view client, TimePoint now);

 private:
  struct Bucket {
    std::uint64_t client = 0;  // Its hash. Two clients with one hash share a bucket; nobody can provoke that.
    TimePoint full_at = TimePoint::min();
  };
  using Set = std::array<Bucket, 8>;
  struct Shard {
    Mutex mutex;
    std::array<Set, 128> sets GUARDED_BY(mutex);
  };
  static constexpr std::size_t kShards = 64;

  [[nodiscard]] std::uint64_t hash_of(std::string_view client) const;
  [[nodiscard]] std::chrono::nanoseconds charge(std::uint64_t client, TimePoint now);

  const std::chrono::nanoseconds interval_;  // Until a bucket gains one request.
  const std::chrono::nanoseconds capacity_;  // Until an empty bucket is full.
  const KeyedHash hash_;
  log::Throttle refusals_{1};
  std::vector<Shard> shards_;
};

}  // namespace pollux::http
