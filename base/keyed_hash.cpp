#include "base/keyed_hash.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <random>

namespace pollux {

namespace {

std::uint64_t random_secret() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
  }
  void mix(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

constexpr std::size_t kWord = sizeof(std::uint64_t);

std::uint64_t word_at(const char* octets) {
  static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");
  std::uint64_t word = 0;
  std::memcpy(&word, octets, kWord);
  return word;
}

// The last `count` octets, fewer than a word, in the low part of one.
std::uint64_t last_octets(std::string_view octets, std::size_t count) {
  if (count == 0) return 0;
  if (octets.size() >= kWord) return word_at(octets.data() + octets.size() - kWord) >> 8 * (kWord - count);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i)
    word |= std::uint64_t{static_cast<unsigned char>(octets[i])} << 8 * i;
  return word;
}

}  // namespace

KeyedHash::KeyedHash() : KeyedHash(random_secret(), random_secret()) {}

std::uint64_t KeyedHash::operator()(std::string_view octets) const {
  State state{secret_[0] ^ 0x736F6D6570736575U, secret_[1] ^ 0x646F72616E646F6DU,
              secret_[0] ^ 0x6C7967656E657261U, secret_[1] ^ 0x7465646279746573U};
  const std::size_t whole = octets.size() / kWord * kWord;
  for (std::size_t at = 0; at < whole; at += kWord) state.mix(word_at(octets.data() + at));
  state.mix(std::uint64_t{octets.size()} << 56U | last_octets(octets, octets.size() - whole));
  state.v2 ^= 0xFF;
  for (int i = 0; i < 3; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace pollux
