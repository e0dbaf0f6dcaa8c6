// How many connections each client address has open, and the limit on that.
//
// An IPv6 client is counted by its /64, the smallest network that a single customer is given: within it,
// addresses cost nothing. IPv4 addresses are counted one by one, also when they come mapped into IPv6.
//
// Memory: one entry for each address that has connections at the moment, whatever their number.
//
// Thread: any. The loops of a server share one; without a limit, nobody takes the lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"
#include "log/throttle.h"
#include "net/socket_address.h"

namespace pollux::net {

class AddressLimit {
 public:
  // The place of one connection among those of its address; given back by the destructor. Must not outlive
  // the AddressLimit.
  class Place {
   public:
    Place() = default;  // Counted nowhere.
    Place(Place&& other) noexcept : limit_(std::exchange(other.limit_, nullptr)), key_(other.key_) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (limit_ != nullptr) limit_->give_back(key_);
    }

   private:
    friend class AddressLimit;
    Place(AddressLimit& limit, std::uint64_t key) : limit_(&limit), key_(key) {}

    AddressLimit* limit_ = nullptr;
    std::uint64_t key_ = 0;
  };

  // `most` connections at a time from one address; 0: no limit.
  explicit AddressLimit(std::uint32_t most);

  // std::nullopt: the address has as many as it may have. That is counted, and logged within reason.
  [[nodiscard]] std::optional<Place> admit(const SocketAddress& peer) EXCLUDES(mutex_);

  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t addresses() const EXCLUDES(mutex_);  // With connections.

 private:
  // Clients choose their addresses, so they must not be able to choose their place in the table.
  struct Hash {
    std::uint64_t secret;
    std::size_t operator()(std::uint64_t key) const;
  };

  void give_back(std::uint64_t key) EXCLUDES(mutex_);

  const std::uint32_t most_;
  std::atomic<std::uint64_t> refused_{0};  // Relaxed: a count, which guards nothing.
  log::Throttle throttle_{1};

  mutable Mutex mutex_;
  std::unordered_map<std::uint64_t, std::uint32_t, Hash> open_ GUARDED_BY(mutex_);
};

}  // namespace pollux::net
