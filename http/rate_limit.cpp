#include "http/rate_limit.h"

#include <algorithm>

#include "base/ip_network.h"

namespace pollux::http {

RateLimit::RateLimit(const Rate& rate)
    : interval_(std::chrono::nanoseconds(rate.period) / rate.requests),
      capacity_(interval_ * rate.requests),
      shards_(kShards) {}

std::chrono::nanoseconds RateLimit::wait_of(std::string_view client, TimePoint now) {
  const std::chrono::nanoseconds wait = charge(hash_of(client), now);
  if (wait > std::chrono::nanoseconds(0)) {
    refusals_.log(log::Level::kWarn, "{} makes more requests than limits.requests_per_address allows",
                  client);
  }
  return wait;
}

std::chrono::nanoseconds RateLimit::charge(std::uint64_t client, TimePoint now) {
  Shard& shard = shards_[client % kShards];
  const MutexLock lock(shard.mutex);
  Set& set = shard.sets[client / kShards % shard.sets.size()];
  auto bucket =
      std::find_if(set.begin(), set.end(), [client](const Bucket& b) { return b.client == client; });
  if (bucket == set.end()) {
    bucket = std::min_element(set.begin(), set.end(),
                              [](const Bucket& a, const Bucket& b) { return a.full_at < b.full_at; });
    *bucket = {client, now};
  }
  const TimePoint full_at = std::max(bucket->full_at, now) + interval_;
  if (full_at <= now + capacity_) {
    bucket->full_at = full_at;
    return std::chrono::nanoseconds(0);
  }
  return full_at - capacity_ - now;
}

std::uint64_t RateLimit::hash_of(std::string_view client) const {
  const auto address = IpAddress::parse(client);
  if (!address) return hash_(client);
  const std::uint64_t network = address->network();
  return hash_({reinterpret_cast<const char*>(&network), sizeof network});
}

}  // namespace pollux::http
