#include "accounts/password_hash.h"

#include <fmt/core.h>
#include <openssl/crypto.h>

#include <charconv>
#include <new>
#include <utility>

#include "accounts/token.h"
#include "base/base64.h"

namespace pollux::accounts {

namespace {

constexpr std::size_t kSaltOctets = 16;
constexpr std::size_t kMinSaltOctets = 8;  // RFC 9106 3.1
constexpr std::size_t kHashOctets = 32;

// Nobody hashes a password with more than this. A database that says so must not take the machine down.
constexpr HashParameters kMax{.memory_kib = 256 * 1024, .passes = 16, .lanes = 16};

struct Encoded {
  HashParameters parameters;
  std::string salt;
  std::string hash;
};

std::string prefix(const HashParameters& parameters) {
  return fmt::format("$argon2id$v=19$m={},t={},p={}$", parameters.memory_kib, parameters.passes,
                     parameters.lanes);
}

// Takes "m=19456" and the separator off the front of `text`.
bool take_number(std::string_view& text, std::string_view name, char separator, std::uint32_t& number) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != separator) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

// std::nullopt: not one of ours.
std::optional<Encoded> parse(std::string_view text) {
  Encoded encoded;
  HashParameters& parameters = encoded.parameters;
  constexpr std::string_view kStart = "$argon2id$v=19$";
  if (!text.starts_with(kStart)) return std::nullopt;
  text.remove_prefix(kStart.size());
  if (!take_number(text, "m=", ',', parameters.memory_kib) ||
      !take_number(text, "t=", ',', parameters.passes) || !take_number(text, "p=", '$', parameters.lanes)) {
    return std::nullopt;
  }
  if (parameters.memory_kib > kMax.memory_kib || parameters.passes > kMax.passes ||
      parameters.lanes > kMax.lanes || parameters.passes == 0 || parameters.lanes == 0 ||
      parameters.memory_kib < 8 * parameters.lanes) {  // RFC 9106 3.1
    return std::nullopt;
  }
  const std::size_t dollar = text.find('$');
  if (dollar == std::string_view::npos) return std::nullopt;
  auto salt = base64_decode(text.substr(0, dollar), Alphabet::kStandard);
  auto hash = base64_decode(text.substr(dollar + 1), Alphabet::kStandard);
  if (!salt || !hash || salt->size() < kMinSaltOctets || hash->size() < kSaltOctets) return std::nullopt;
  encoded.salt = std::move(*salt);
  encoded.hash = std::move(*hash);
  return encoded;
}

}  // namespace

Hasher::Hasher(const HashParameters& parameters, HashFunction function)
    : parameters_(parameters), function_(std::move(function)) {
  const auto encoded = hash(random_octets(kHashOctets));
  if (!encoded) throw std::bad_alloc();
  nobody_ = *encoded;
}

std::optional<std::string> Hasher::hash(std::string_view password) const {
  const std::string salt = random_octets(kSaltOctets);
  const auto hash = function_(password, salt, kHashOctets, parameters_);
  if (!hash) return std::nullopt;
  return fmt::format("{}{}${}", prefix(parameters_), base64_encode(salt, Alphabet::kStandard),
                     base64_encode(*hash, Alphabet::kStandard));
}

Hasher::Verdict Hasher::verify(std::string_view encoded, std::string_view password) const {
  const std::optional<Encoded> expected = parse(encoded);
  if (!expected) return Verdict::kWrong;
  const auto hash = function_(password, expected->salt, expected->hash.size(), expected->parameters);
  if (!hash) return Verdict::kNoMemory;
  const bool same = CRYPTO_memcmp(hash->data(), expected->hash.data(), hash->size()) == 0;
  return same ? Verdict::kRight : Verdict::kWrong;
}

Hasher::Verdict Hasher::verify_nobody(std::string_view password) const {
  const Verdict verdict = verify(nobody_, password);
  return verdict == Verdict::kRight ? Verdict::kWrong : verdict;
}

bool Hasher::outdated(std::string_view encoded) const { return !encoded.starts_with(prefix(parameters_)); }

}  // namespace pollux::accounts
