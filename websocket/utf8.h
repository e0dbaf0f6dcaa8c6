// UTF-8 (RFC 3629) as it arrives: the first octet that no text can go on with is noticed at once, also where
// a character is cut in two by the end of a frame.
//
// Thread: none of its own.
#pragma once

#include <cstdint>
#include <string_view>

namespace pollux::websocket {

class Utf8Validator {
 public:
  // false: not UTF-8, whatever may follow. What follows a false is undefined until reset().
  [[nodiscard]] bool accept(std::string_view octets);

  // Whether what was accepted so far ends with a whole character.
  [[nodiscard]] bool complete() const { return left_ == 0; }

  void reset() { *this = {}; }

 private:
  std::uint8_t left_ = 0;      // Octets that the character at hand still lacks.
  std::uint8_t least_ = 0x80;  // The next of them is within these: no overlong form,
  std::uint8_t max_ = 0xBF;    // no surrogate, nothing above U+10FFFF.
};

}  // namespace pollux::websocket
