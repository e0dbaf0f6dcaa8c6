// The limits on the number of connections: in all, and from each client address.
//
// An IPv6 client is counted by its /64, the smallest network that a single customer is given: within it,
// addresses cost nothing. IPv4 addresses are counted one by one, also when they come mapped into IPv6.
//
// Memory: one entry for each address that has connections at the moment, whatever their number.
//
// Thread: any. The loops of a server share one; without a limit for addresses, nobody takes the lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>

#include "base/keyed_hash.h"
#include "base/mutex.h"
#include "log/throttle.h"
#include "net/socket_address.h"

namespace pollux::net {

class Admission {
 public:
  // The place of one connection; given back by the destructor. Must not outlive the Admission.
  class Place {
   public:
    Place(Place&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)), key_(other.key_), counted_(other.counted_) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (admission_ != nullptr) admission_->give_back(*this);
    }

    // From now on it counts for this address. false: that has its fill, which is counted and logged as a
    // refusal; it counts as before then.
    [[nodiscard]] bool move_to(const SocketAddress& peer) { return admission_->move(*this, peer); }

   private:
    friend class Admission;
    Place(Admission& admission, std::uint64_t key) : admission_(&admission), key_(key) {}

    Admission* admission_;
    std::uint64_t key_;     // Of the address.
    bool counted_ = false;  // In its count: when it was taken there was a limit for addresses.
  };

  enum class Refusal {
    kFull,            // There are as many connections as there may be.
    kTooManyFromOne,  // The address has as many as it may have.
  };

  // `per_address`: connections at a time from one address; 0: no limit.
  Admission(std::size_t max, std::uint32_t per_address);

  // For those who come from now on; nobody who is there has to go.
  void set_limits(std::size_t max, std::uint32_t per_address);

  // What is refused is counted, and logged within reason. `for_many`: the peer is a proxy, whose connections
  // are not one client's; the limit for addresses does not hold for it. Throws std::bad_alloc; nothing is
  // counted then.
  [[nodiscard]] std::variant<Place, Refusal> admit(const SocketAddress& peer, bool for_many = false)
      EXCLUDES(mutex_);
  [[nodiscard]] bool limits_addresses() const { return per_address_.load(std::memory_order_relaxed) != 0; }

  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }  // Places taken.
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t addresses() const EXCLUDES(mutex_);  // With connections, if there is a limit.

 private:
  // Clients choose their addresses, so they must not be able to choose their place in the table.
  struct Hash {
    KeyedHash keyed;
    std::size_t operator()(std::uint64_t key) const {
      return keyed({reinterpret_cast<const char*>(&key), sizeof key});
    }
  };

  // false: the address has its fill.
  [[nodiscard]] bool count(std::uint64_t key, std::uint32_t max) EXCLUDES(mutex_);
  [[nodiscard]] bool move(Place& place, const SocketAddress& peer) EXCLUDES(mutex_);
  void uncount(std::uint64_t key) EXCLUDES(mutex_);
  void give_back(const Place& place) EXCLUDES(mutex_);
  void refuse_one_of(const SocketAddress& peer, std::uint32_t max);

  std::atomic<std::size_t> max_;  // Relaxed, both: whoever sees them late was there before.
  std::atomic<std::uint32_t> per_address_;
  std::atomic<std::size_t> size_{0};  // Relaxed: counts, which guard nothing.
  std::atomic<std::uint64_t> refused_{0};
  log::Throttle full_{1};
  log::Throttle too_many_from_one_{1};

  mutable Mutex mutex_;
  std::unordered_map<std::uint64_t, std::uint32_t, Hash> open_ GUARDED_BY(mutex_);
};

}  // namespace pollux::net
