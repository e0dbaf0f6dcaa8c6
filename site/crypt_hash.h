// Password hashes of crypt(3), described in crypt(5).
//
//   $2y$05$SALTHASH            bcrypt, as `htpasswd -B` writes it; also $2a$ and $2b$
//   $5$SALT$HASH, $6$SALT$HASH SHA-256 and SHA-512, htpasswd -2 and -5
//   $y$j9T$SALT$HASH           yescrypt, as in Debian's /etc/shadow; also $gy$ and $7$ (scrypt)
//
// Thread: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pollux::site {

// The maximum of crypt(3), which refuses longer ones. bcrypt reads the first 72.
inline constexpr std::size_t kMaxPasswordOctets = 511;

// The reason why `hash` cannot be used: it is too weak, too costly, damaged, or no hash. Empty: it can be
// used.
[[nodiscard]] std::string_view problem_of_hash(const std::string& hash);

// Slow on purpose: milliseconds to seconds. `password` ends at its first NUL. std::nullopt: memory is short,
// or the salt is damaged. REQUIRES: problem_of_hash(hash) is empty.
[[nodiscard]] std::optional<bool> verify_hash(const char* password, const std::string& hash);

}  // namespace pollux::site
