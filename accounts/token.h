// The token by which a client is known again: 256 random bits, as 43 characters of base64url.
//
// The database has its SHA-256 only. Who steals the database cannot make a token of that; and unlike a
// password, a token cannot be guessed, so it needs neither salt nor slowness.
//
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::accounts {

constexpr std::size_t kTokenCharacters = 43;

// From OpenSSL's generator. Throws std::runtime_error when that has no entropy, which does not happen on
// Linux.
[[nodiscard]] std::string random_octets(std::size_t count);

[[nodiscard]] std::string new_token();

// What the database knows it by: 32 octets. std::nullopt: that is no token.
[[nodiscard]] std::optional<std::string> token_hash(std::string_view token);

}  // namespace pollux::accounts
