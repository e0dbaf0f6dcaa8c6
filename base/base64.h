// Base64 without padding (RFC 4648), in both alphabets: the standard one for password hashes and HTTP, the
// URL-safe one for tokens.
//
// Thread: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pollux {

enum class Alphabet { kStandard, kUrl };

[[nodiscard]] std::string base64_encode(std::string_view octets, Alphabet alphabet);

// Strict: no padding, no white space, and zeros in the unused bits at the end, so that each value has one
// text.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text, Alphabet alphabet);

}  // namespace pollux
