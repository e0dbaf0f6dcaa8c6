// SipHash-1-3: the hash for tables whose keys are chosen by clients.
//
// Each table draws a secret of its own. Who does not know it cannot tell which keys meet in a bucket, and so
// cannot make a table as slow as a list (https://www.aumasson.jp/siphash/siphash.pdf). One round for each
// eight octets and three at the end are what Python and Rust use for their tables.
//
// Thread: any. Constant after construction.
#pragma once

#include <cstdint>
#include <string_view>

namespace pollux {

class KeyedHash {
 public:
  KeyedHash();  // With a secret that nobody knows.
  constexpr KeyedHash(std::uint64_t secret0, std::uint64_t secret1) : secret_{secret0, secret1} {}

  [[nodiscard]] std::uint64_t operator()(std::string_view octets) const;

 private:
  std::uint64_t secret_[2];
};

}  // namespace pollux
