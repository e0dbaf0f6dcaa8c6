#include "accounts/token.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <stdexcept>

#include "base/base64.h"

namespace pollux::accounts {

namespace {

constexpr std::size_t kTokenOctets = 32;

}  // namespace

std::string random_octets(std::size_t count) {
  std::string octets(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(octets.data()), static_cast<int>(count)) != 1) {
    throw std::runtime_error("there are no random numbers");
  }
  return octets;
}

std::string new_token() { return base64_encode(random_octets(kTokenOctets), Alphabet::kUrl); }

std::optional<std::string> token_hash(std::string_view token) {
  if (token.size() != kTokenCharacters) return std::nullopt;
  const auto octets = base64_decode(token, Alphabet::kUrl);
  if (!octets) return std::nullopt;
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(octets->data()), octets->size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

}  // namespace pollux::accounts
