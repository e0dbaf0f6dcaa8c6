// Argon2id (RFC 9106), with memory straight from the kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::accounts {

// The second choice of OWASP's password storage cheat sheet, which asks for 19 MiB, two passes, one lane.
struct HashParameters {
  std::uint32_t memory_kib = 19456;
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;

  bool operator==(const HashParameters&) const = default;
};

// `size` octets. std::nullopt: there was no memory. Throws std::invalid_argument for parameters that Argon2
// does not know.
[[nodiscard]] std::optional<std::string> argon2id(std::string_view password, const std::string& salt,
                                                  std::size_t size, const HashParameters& parameters);

// argon2id(), or what a test puts in its place.
using HashFunction = std::function<decltype(argon2id)>;

}  // namespace pollux::accounts
