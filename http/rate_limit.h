// The limit on the requests of a client address in a time (limits.requests_per_address).
//
// Each address has a bucket of `rate.requests` requests, which fills again evenly within `rate.period`; a
// request that finds it empty is refused, and costs nothing. All a bucket needs is the moment at which it is
// full again (the generic cell rate algorithm, ITU-T I.371).
//
// An IPv6 client is counted by its /64, the smallest network that a single customer is given.
//
// Memory: 65,536 buckets (1 MiB), however many addresses there are. They stand in sets of eight, and a keyed
// hash of the address says in which, so nobody can choose addresses that meet. In a set that is taken, a new
// address gets the bucket that is full, or will be the soonest of the eight:
//  - No address is refused for what others do: a new one has a full bucket, whatever the crowd.
//  - An address that is refused keeps its bucket while a crowd of others make a few requests each: they
//    displace one another. It is let off only when the seven others of its set have emptied theirs after it.
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
  // client's next one will be admitted after so long. What is refused is logged within reason.
  [[nodiscard]] std::chrono::nanoseconds wait_of(std::string_view client, TimePoint now);

 private:
  struct Bucket {
    std::uint64_t client = 0;  // Its hash. Two of one hash share a bucket, which nobody can bring about.
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

  const std::chrono::nanoseconds interval_;  // In which a bucket gains one request.
  const std::chrono::nanoseconds capacity_;  // In which an empty one is full.
  const KeyedHash hash_;
  log::Throttle refusals_{1};
  std::vector<Shard> shards_;
};

}  // namespace pollux::http
