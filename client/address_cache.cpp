#include "client/address_cache.h"

namespace pollux::client {

const Resolved* AddressCache::find(const Url& url) const {
  const auto found = entries_.find(url.origin());
  if (found == entries_.end() || clock_.read_steady() >= found->second.until) return nullptr;
  return &found->second.resolved;
}

// The times count from the answer, which may have taken long.
void AddressCache::look_up(const Url& url) {
  Resolved resolved = resolve_(url.host, url.port);
  const TimePoint now = clock_.read_steady();
  const std::string key = url.origin();
  if (entries_.size() >= kMax && !entries_.contains(key)) entries_.clear();
  Entry& entry = entries_[key];
  if (!resolved.addresses.empty() || entry.resolved.addresses.empty()) entry.resolved = std::move(resolved);
  entry.until = now + (entry.resolved.addresses.empty() ? kFailed : kGood);
}

}  // namespace pollux::client
