// SipHash-1-3: the hash for tables whose keys clients choose.
//
// Each table draws its own secret. Without the secret, an attacker cannot tell which keys share a bucket, and
// so cannot make a table as slow as a list (https://www.aumasson.jp/siphash/siphash.pdf). Python and Rust use
// the same numbers of rounds for their tables: one for each eight octets and three at the end.
//
// Thread: any. Constant after construction.
#pragma once

#include <cstdint>
#include <string_view>

namespace pollux {

class KeyedHash {
 public:
  KeyedHash();  // Draws a random secret.
  constexpr KeyedHash(std::uint64_t secret0, std::uint64_t secret1) : secret_{secret0, secret1} {}

  [[nodiscard]] std::uint64_t operator()(std::string_view octets) const;

 private:
  std::uint64_t secret_[2];
};

}  // namespace pollux
