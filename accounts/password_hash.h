// Passwords as Argon2id hashes (RFC 9106), in the encoded form that carries its own parameters:
//
//   $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH
//
// Hashing is slow and takes memory on purpose. Hasher bounds how many go on at once, so that a flood of
// log-ins costs waiting time, not memory: at most `most` times memory_kib.
//
// Thread: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"

namespace pollux::accounts {

// The second choice of OWASP's password storage cheat sheet, which asks for 19 MiB, two passes, one lane.
struct HashParameters {
  std::uint32_t memory_kib = 19456;
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;

  bool operator==(const HashParameters&) const = default;
};

class Hasher {
 public:
  enum class Verdict { kRight, kWrong, kNoTurn };

  // REQUIRES: most > 0. Hashes once, for verify_nobody().
  Hasher(const HashParameters& parameters, std::size_t max);

  // With a new salt. std::nullopt: there was no turn until the deadline, or no memory.
  [[nodiscard]] std::optional<std::string> hash(std::string_view password, TimePoint deadline)
      EXCLUDES(mutex_);

  [[nodiscard]] Verdict verify(const std::string& encoded, std::string_view password, TimePoint deadline)
      EXCLUDES(mutex_);

  // Takes as long as verify() for a user whose hash has these parameters, and never says kRight.
  [[nodiscard]] Verdict verify_nobody(std::string_view password, TimePoint deadline) EXCLUDES(mutex_);

  // Was `encoded` made with other parameters than ours? Then hash the password again when it is at hand.
  [[nodiscard]] bool outdated(std::string_view encoded) const;

 private:
  class Turn;

  const HashParameters parameters_;
  const std::size_t max_;
  std::string nobody_;  // The hash of a password nobody knows. Constant after construction.

  Mutex mutex_;
  CondVar turn_free_;
  std::size_t running_ GUARDED_BY(mutex_) = 0;
};

}  // namespace pollux::accounts
