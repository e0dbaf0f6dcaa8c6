#include "net/admission.h"

namespace pollux::net {

Admission::Admission(std::size_t max, std::uint32_t per_address) : max_(max), per_address_(per_address) {}

void Admission::set_limits(std::size_t max, std::uint32_t per_address) {
  max_.store(max, std::memory_order_relaxed);
  per_address_.store(per_address, std::memory_order_relaxed);
}

std::variant<Admission::Place, Admission::Refusal> Admission::admit(const SocketAddress& peer) {
  const std::size_t max = max_.load(std::memory_order_relaxed);
  const std::uint32_t per_address = per_address_.load(std::memory_order_relaxed);
  if (size_.fetch_add(1, std::memory_order_relaxed) >= max) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    refused_.fetch_add(1, std::memory_order_relaxed);
    full_.log(log::Level::kWarn, "{} connections are open, as many as there may be; one more is refused",
              max);
    return Refusal::kFull;
  }
  const std::uint64_t key = peer.network();
  const bool counted = per_address != 0;
  if (counted && !count(key, per_address)) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    refused_.fetch_add(1, std::memory_order_relaxed);
    too_many_from_one_.log(log::Level::kWarn,
                           "{} has {} connections, as many as an address may have; one more is refused",
                           peer.host(), per_address);
    return Refusal::kTooManyFromOne;
  }
  return Place(*this, key, counted);
}

bool Admission::count(std::uint64_t key, std::uint32_t max) {
  const MutexLock lock(mutex_);
  std::uint32_t& open = open_[key];
  if (open >= max) return false;
  ++open;
  return true;
}

void Admission::give_back(std::uint64_t key, bool counted) {
  size_.fetch_sub(1, std::memory_order_relaxed);
  if (!counted) return;
  const MutexLock lock(mutex_);
  const auto at = open_.find(key);
  if (--at->second == 0) open_.erase(at);
}

std::size_t Admission::addresses() const {
  const MutexLock lock(mutex_);
  return open_.size();
}

}  // namespace pollux::net
