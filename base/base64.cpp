#include "base/base64.h"

#include <cstdint>

namespace pollux {

namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string_view digits_of(Alphabet alphabet) { return alphabet == Alphabet::kUrl ? kUrl : kStandard; }

}  // namespace

std::string base64_encode(std::string_view octets, Alphabet alphabet) {
  const std::string_view digits = digits_of(alphabet);
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : octets) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    held += 8;
    for (; held >= 6; held -= 6) text += digits[bits >> (held - 6) & 0x3f];
  }
  if (held > 0) text += digits[bits << (6 - held) & 0x3f];
  return text;
}

std::optional<std::string> base64_decode(std::string_view text, Alphabet alphabet) {
  const std::string_view digits = digits_of(alphabet);
  std::string octets;
  // Reserves room for all, and never within the string object itself: growing or moving would leave a copy of
  // a secret.
  constexpr std::size_t kMoreThanInline = 16;
  octets.reserve(text.size() / 4 * 3 + kMoreThanInline);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    octets += static_cast<char>(bits >> held & 0xff);
  }
  // Six bits left over are one digit too many.
  if (held >= 6 || (bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return octets;
}

}  // namespace pollux
