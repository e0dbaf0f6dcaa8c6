#include "net/admission.h"

namespace pollux::net {

Admission::Admission(std::size_t max, std::uint32_t per_address) : max_(max), per_address_(per_address) {}

void Admission::set_limits(std::size_t max, std::uint32_t per_address) {
  max_.store(max, std::memory_order_relaxed);
  per_address_.store(per_address, std::memory_order_relaxed);
}

std::variant<Admission::Place, Admission::Refusal> Admission::admit(const SocketAddress& peer,
                                                                    bool for_many) {
  const std::size_t max = max_.load(std::memory_order_relaxed);
  if (size_.fetch_add(1, std::memory_order_relaxed) >= max) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    refused_.fetch_add(1, std::memory_order_relaxed);
    full_.log(log::Level::kWarn, "{} connections are open, as many as there may be; one more is refused",
              max);
    return Refusal::kFull;
  }
  Place place(*this, peer.network());  // From here on its destructor gives it back, also if count() throws.
  const std::uint32_t per_address = per_address_.load(std::memory_order_relaxed);
  if (per_address == 0 || for_many) return place;
  place.counted_ = count(place.key_, per_address);
  if (!place.counted_) {
    refuse_one_of(peer, per_address);
    return Refusal::kTooManyFromOne;
  }
  return place;
}

void Admission::refuse_one_of(const SocketAddress& peer, std::uint32_t max) {
  refused_.fetch_add(1, std::memory_order_relaxed);
  too_many_from_one_.log(log::Level::kWarn,
                         "{} has {} connections, as many as an address may have; one more is refused",
                         peer.host(), max);
}

bool Admission::count(std::uint64_t key, std::uint32_t max) {
  const MutexLock lock(mutex_);
  std::uint32_t& open = open_[key];
  if (open >= max) return false;
  ++open;
  return true;
}

bool Admission::move(Place& place, const SocketAddress& peer) {
  const std::uint32_t per_address = per_address_.load(std::memory_order_relaxed);
  if (per_address == 0) return true;
  const std::uint64_t key = peer.network();
  if (!count(key, per_address)) {
    refuse_one_of(peer, per_address);
    return false;
  }
  if (place.counted_) uncount(place.key_);
  place.key_ = key;
  place.counted_ = true;
  return true;
}

void Admission::uncount(std::uint64_t key) {
  const MutexLock lock(mutex_);
  const auto at = open_.find(key);
  if (--at->second == 0) open_.erase(at);
}

void Admission::give_back(const Place& place) {
  size_.fetch_sub(1, std::memory_order_relaxed);
  if (place.counted_) uncount(place.key_);
}

std::size_t Admission::addresses() const {
  const MutexLock lock(mutex_);
  return open_.size();
}

}  // namespace pollux::net
