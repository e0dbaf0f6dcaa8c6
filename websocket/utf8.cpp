#include "websocket/utf8.h"

#include <cstring>

namespace pollux::websocket {

namespace {

// How many octets at the front are ASCII; eight at a time.
std::size_t ascii(std::string_view octets) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= octets.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data() + at, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  while (at < octets.size() && static_cast<unsigned char>(octets[at]) < 0x80) ++at;
  return at;
}

}  // namespace

// RFC 3629 section 4: the second octet of some characters has a narrower range.
bool Utf8Validator::accept(std::string_view octets) {
  while (!octets.empty()) {
    if (left_ == 0) octets.remove_prefix(ascii(octets));
    if (octets.empty()) return true;
    const auto octet = static_cast<unsigned char>(octets.front());
    octets.remove_prefix(1);
    if (left_ > 0) {
      if (octet < least_ || octet > max_) return false;
      --left_;
      least_ = 0x80;
      max_ = 0xBF;
    } else if (octet >= 0xC2 && octet <= 0xDF) {
      left_ = 1;
    } else if (octet >= 0xE0 && octet <= 0xEF) {
      left_ = 2;
      if (octet == 0xE0) least_ = 0xA0;
      if (octet == 0xED) max_ = 0x9F;
    } else if (octet >= 0xF0 && octet <= 0xF4) {
      left_ = 3;
      if (octet == 0xF0) least_ = 0x90;
      if (octet == 0xF4) max_ = 0x8F;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace pollux::websocket
