// Limits on the number of connections: in total, and per client address.
//
// An IPv6 client is counted by its /64, the smallest network that a single customer is given: addresses
// within it cost nothing. IPv4 addresses are counted one by one, IPv4-mapped IPv6 addresses among them.
//
// Memory: one entry for each address that has connections now, however many they are.
//
// Thread: any. All loops of a server share one Admission. Without a limit per address, no call takes the
// lock.
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
  // One connection's place, which the destructor gives back. Must not outlive the Admission.
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

    // From now on the connection counts for this address. false: the address is at its limit. Such a refusal
    // is counted and logged, and the connection still counts as before.
    [[nodiscard]] bool move_to(const SocketAddress& peer) { return admission_->move(*this, peer); }

   private:
    friend class Admission;
    Place(Admission& admission, std::uint64_t key) : admission_(&admission), key_(key) {}

    Admission* admission_;
    std::uint64_t key_;     // The address's.
    bool counted_ = false;  // Counted for its address, as that was limited when it came.
  };

  enum class Refusal {
    kFull,            // The server is at its maximum of connections.
    kTooManyFromOne,  // The address is at its maximum.
  };

  // `per_address`: maximum of simultaneous connections from one address; 0: no limit.
  Admission(std::size_t max, std::uint32_t per_address);

  // Applies to new connections only; open ones are not closed.
  void set_limits(std::size_t max, std::uint32_t per_address);

  // Refusals are counted, and logged at a limited rate. `for_many`: the peer is a proxy, which connects for
  // many clients, so the limit per address does not apply. Throws std::bad_alloc, and then nothing was
  // counted.
  [[nodiscard]] std::variant<Place, Refusal> admit(const SocketAddress& peer, bool for_many = false)
      EXCLUDES(mutex_);
  [[nodiscard]] bool limits_addresses() const { return per_address_.load(std::memory_order_relaxed) != 0; }

  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }  // Places taken.
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t addresses() const EXCLUDES(mutex_);  // With connections, if limited.

 private:
  // Clients choose their addresses, so the hash is keyed: they must not be able to choose a bucket as well.
  struct Hash {
    KeyedHash keyed;
    std::size_t operator()(std::uint64_t key) const {
      return keyed({reinterpret_cast<const char*>(&key), sizeof key});
    }
  };

  // false: the address is at its limit.
  [[nodiscard]] bool count(std::uint64_t key, std::uint32_t max) EXCLUDES(mutex_);
  [[nodiscard]] bool move(Place& place, const SocketAddress& peer) EXCLUDES(mutex_);
  void uncount(std::uint64_t key) EXCLUDES(mutex_);
  void give_back(const Place& place) EXCLUDES(mutex_);
  void refuse_one_of(const SocketAddress& peer, std::uint32_t max);

  std::atomic<std::size_t> max_;  // Relaxed, both: seen late, the old limit has held a moment longer.
  std::atomic<std::uint32_t> per_address_;
  std::atomic<std::size_t> size_{0};  // Relaxed: a count, which guards nothing.
  std::atomic<std::uint64_t> refused_{0};
  log::Throttle full_{1};
  log::Throttle too_many_from_one_{1};

  mutable Mutex mutex_;
  std::unordered_map<std::uint64_t, std::uint32_t, Hash> open_ GUARDED_BY(mutex_);
};

}  // namespace pollux::net
