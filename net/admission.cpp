#include "net/admission.h"

namespace pollux::net {

Admission::Admission(std::size_t max, std::uint32_t per_address) : max_(max), per_address_(per_address) {}

std::variant<Admission::Place, Admission::Refusal> Admission::admit(const SocketAddress& peer) {
  if (size_.fetch_add(1, std::memory_order_relaxed) >= max_) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    refused_.fetch_add(1, std::memory_order_relaxed);
    full_.log(log::Level::kWarn, "{} connections are open, as many as there may be; one more is refused",
              max_);
    return Refusal::kFull;
  }
  Place place(*this, peer.network());  // From here on it gives itself back, also if count() throws.
  place.counted_ = count(place.key_);
  if (!place.counted_) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    too_many_from_one_.log(log::Level::kWarn,
                           "{} has {} connections, as many as an address may have; one more is refused",
                           peer.host(), per_address_);
    return Refusal::kTooManyFromOne;
  }
  return place;
}

bool Admission::count(std::uint64_t key) {
  if (per_address_ == 0) return true;
  const MutexLock lock(mutex_);
  std::uint32_t& open = open_[key];
  if (open >= per_address_) return false;
  ++open;
  return true;
}

void Admission::give_back(const Place& place) {
  size_.fetch_sub(1, std::memory_order_relaxed);
  if (per_address_ == 0 || !place.counted_) return;
  const MutexLock lock(mutex_);
  const auto at = open_.find(place.key_);
  if (--at->second == 0) open_.erase(at);
}

std::size_t Admission::addresses() const {
  const MutexLock lock(mutex_);
  return open_.size();
}

}  // namespace pollux::net
