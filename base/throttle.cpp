#include "base/throttle.h"

#include <algorithm>

namespace pollux {

Throttle::Throttle(const ThrottleLimits& limits, std::size_t max_keys)
    : limits_(limits), max_keys_(max_keys) {}

milliseconds Throttle::wait(std::string_view key, TimePoint now) const {
  const MutexLock lock(mutex_);
  const auto found = full_at_.find(hash_(key));
  if (found == full_at_.end()) return milliseconds(0);
  // One more attempt must fit in.
  const TimePoint ready = found->second + limits_.interval - limits_.interval * limits_.burst;
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(ready - now));
}

void Throttle::charge(std::string_view key, TimePoint now) {
  const MutexLock lock(mutex_);
  if (full_at_.size() >= max_keys_) make_room(now);
  TimePoint& full = full_at_[hash_(key)];
  full = std::max(full, now) + limits_.interval;
}

// Looks at a few entries from where it stopped the last time. Drops those that are full again, or else the
// fullest of them.
void Throttle::make_room(TimePoint now) {
  constexpr int kLookedAt = 16;
  auto fullest = full_at_.end();
  bool dropped = false;
  for (int i = 0; i < kLookedAt && !full_at_.empty(); ++i) {
    if (bucket_ >= full_at_.bucket_count()) bucket_ = 0;
    // An unordered_map can be entered in its middle only by a bucket.
    const auto here = full_at_.begin(bucket_);
    const bool empty = here == full_at_.end(bucket_++);
    if (empty) {
      --i;
      continue;
    }
    const auto entry = full_at_.find(here->first);
    if (entry->second <= now) {
      if (fullest == entry) fullest = full_at_.end();
      full_at_.erase(entry);
      dropped = true;
    } else if (fullest == full_at_.end() || entry->second < fullest->second) {
      fullest = entry;
    }
  }
  if (!dropped && fullest != full_at_.end()) full_at_.erase(fullest);
}

std::size_t Throttle::keys() const {
  const MutexLock lock(mutex_);
  return full_at_.size();
}

}  // namespace pollux
