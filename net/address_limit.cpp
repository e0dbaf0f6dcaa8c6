#include "net/address_limit.h"

#include <random>

namespace pollux::net {

namespace {

std::uint64_t random_secret() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

}  // namespace

AddressLimit::AddressLimit(std::uint32_t most) : most_(most), open_(0, Hash{random_secret()}) {}

// The finalizer of SplitMix64: every bit of the result depends on every bit of the key.
std::size_t AddressLimit::Hash::operator()(std::uint64_t key) const {
  key += secret;
  key = (key ^ key >> 30U) * 0xBF58476D1CE4E5B9U;
  key = (key ^ key >> 27U) * 0x94D049BB133111EBU;
  return key ^ key >> 31U;
}

std::optional<AddressLimit::Place> AddressLimit::admit(const SocketAddress& peer) {
  if (most_ == 0) return Place();
  const std::uint64_t key = peer.network();
  {
    const MutexLock lock(mutex_);
    std::uint32_t& open = open_[key];
    if (open < most_) {
      ++open;
      return Place(*this, key);
    }
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  throttle_.log(log::Level::kWarn,
                "{} has {} connections, as many as an address may have; one more is refused", peer.host(),
                most_);
  return std::nullopt;
}

void AddressLimit::give_back(std::uint64_t key) {
  const MutexLock lock(mutex_);
  const auto at = open_.find(key);
  if (--at->second == 0) open_.erase(at);
}

std::size_t AddressLimit::addresses() const {
  const MutexLock lock(mutex_);
  return open_.size();
}

}  // namespace pollux::net
