// Remembers logins that were verified a short while ago, so that a page with fifty files costs one hash.
//
// It keeps an HMAC of each login (RFC 2104, SHA-256, with a secret of this object). An attacker who reads it
// without the secret finds no passwords, and nothing to guess passwords from. The HMAC includes the client,
// so nobody can try passwords here for users who are logged in elsewhere.
//
// Bounded; the oldest login makes room.
//
// Thread: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"

namespace pollux::site {

struct Login {
  std::string client;  // See client_key() of base/ip_network.h.
  std::string user;
  std::string_view password;
  std::uint64_t generation = 0;  // That of the password file it was verified with.
};

class VerifiedLogins {
 public:
  static constexpr std::size_t kMaxLogins = 1024;
  static constexpr std::chrono::minutes kLifetime{5};

  // Throws std::runtime_error when there are no random numbers.
  explicit VerifiedLogins(std::size_t max_logins = kMaxLogins);

  // For kLifetime from `now` on.
  void remember(const Login& login, TimePoint now) EXCLUDES(mutex_);
  [[nodiscard]] bool has(const Login& login, TimePoint now) const EXCLUDES(mutex_);

  [[nodiscard]] std::size_t size() const EXCLUDES(mutex_);

 private:
  using Digest = std::array<unsigned char, 32>;

  [[nodiscard]] Digest digest(const Login& login) const;
  void make_room(TimePoint now) REQUIRES_LOCK(mutex_);

  const std::size_t max_logins_;
  Digest secret_;  // Constant after construction.

  mutable Mutex mutex_;
  // To the time when they are forgotten. A full search comes only after a hash, which takes far longer.
  std::map<Digest, TimePoint> until_ GUARDED_BY(mutex_);
};

}  // namespace pollux::site
