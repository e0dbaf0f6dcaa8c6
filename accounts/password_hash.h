// Passwords as Argon2id hashes (RFC 9106), in the encoded form that carries its own parameters:
//
//   $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH
//
// Hashing is slow and takes memory on purpose. How many hashes are made at a time is the caller's business
// (turns.h).
//
// Thread: any. Constant after construction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "accounts/argon2.h"

namespace pollux::accounts {

class Hasher {
 public:
  enum class Verdict { kRight, kWrong, kNoMemory };

  // Hashes once, for verify_nobody(). Throws std::bad_alloc.
  explicit Hasher(const HashParameters& parameters, HashFunction function = argon2id);

  // With a new salt. std::nullopt: there is no memory.
  [[nodiscard]] std::optional<std::string> hash(std::string_view password) const;

  [[nodiscard]] Verdict verify(std::string_view encoded, std::string_view password) const;

  // Takes as long as verify() for a user whose hash has these parameters, and never says kRight.
  [[nodiscard]] Verdict verify_nobody(std::string_view password) const;

  // Was `encoded` made with other parameters than ours? Then hash the password again when it is at hand.
  [[nodiscard]] bool outdated(std::string_view encoded) const;

 private:
  const HashParameters parameters_;
  const HashFunction function_;
  std::string nobody_;  // The hash of a password nobody knows.
};

}  // namespace pollux::accounts
