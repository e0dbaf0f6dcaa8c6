#include "site/crypt_hash.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "http/chars.h"

namespace pollux::site {

namespace {

constexpr std::string_view kDigits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool is_crypt_digit(char c) { return kDigits.find(c) != std::string_view::npos; }

// Any client can cause a hash to be computed, so none may take seconds; each of these takes about one.
constexpr unsigned kMinBcryptCost = 4;  // Of crypt(3), as the other minimum.
constexpr unsigned kMaxBcryptCost = 14;
constexpr unsigned kMinShaRounds = 1000;
constexpr unsigned kMaxShaRounds = 1'000'000;
constexpr char kMaxMemoryCost = 'C';  // 128 MiB of yescrypt, 64 MiB of scrypt.

// The part of a hash between its prefix and its digest: parameters and salt.
enum class Cost { kFine, kTooHigh, kMalformed };

Cost judge_number(std::string_view text, unsigned min, unsigned max) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return Cost::kTooHigh;
  if (error != std::errc() || end != text.data() + text.size() || number < min) return Cost::kMalformed;
  return number <= max ? Cost::kFine : Cost::kTooHigh;
}

Cost judge_salt(std::string_view salt) {
  return http::all_of(salt, is_crypt_digit) ? Cost::kFine : Cost::kMalformed;
}

Cost judge_bcrypt(std::string_view cost) {
  return cost.size() == 2 ? judge_number(cost, kMinBcryptCost, kMaxBcryptCost) : Cost::kMalformed;
}

Cost judge_sha(std::string_view text) {
  constexpr std::string_view kRounds = "rounds=";
  Cost rounds = Cost::kFine;
  if (text.starts_with(kRounds)) {
    const std::size_t end = std::min(text.find('$'), text.size());
    rounds = judge_number(text.substr(kRounds.size(), end - kRounds.size()), kMinShaRounds, kMaxShaRounds);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::max(rounds, judge_salt(text));
}

// Only parameters that crypt_gensalt(3) makes: "j9T" with another number in the middle.
Cost judge_yescrypt(std::string_view text) {
  const bool known = text.size() > 4 && text[0] == 'j' && is_crypt_digit(text[1]) && text[2] <= 'T' &&
                     is_crypt_digit(text[2]) && text[3] == '$';
  if (!known) return Cost::kMalformed;
  return text[1] <= kMaxMemoryCost ? judge_salt(text.substr(4)) : Cost::kTooHigh;
}

// The same for scrypt: "CU..../....".
Cost judge_scrypt(std::string_view text) {
  constexpr std::string_view kBlocksAndLanes = "U..../....";
  if (text.empty() || text.substr(1, kBlocksAndLanes.size()) != kBlocksAndLanes) return Cost::kMalformed;
  return text[0] <= kMaxMemoryCost ? judge_salt(text.substr(1 + kBlocksAndLanes.size())) : Cost::kTooHigh;
}

struct Method {
  std::string_view prefix;
  std::size_t digest;  // Characters after the last '$'.
  Cost (*judge)(std::string_view);
};

constexpr std::array kMethods = std::to_array<Method>({
    {"$2a$", 53, judge_bcrypt},
    {"$2b$", 53, judge_bcrypt},
    {"$2y$", 53, judge_bcrypt},
    {"$5$", 43, judge_sha},
    {"$6$", 86, judge_sha},
    {"$7$", 43, judge_scrypt},
    {"$y$", 43, judge_yescrypt},
    {"$gy$", 43, judge_yescrypt},
});

struct Refusal {
  std::string_view prefix;
  std::string_view reason;
};

constexpr std::array kRefusals = std::to_array<Refusal>({
    {"$1$", "MD5 is too weak; use htpasswd -B"},
    {"$apr1$", "Apache's MD5 is too weak; use htpasswd -B"},
    {"$md5", "Sun's MD5 is too weak; use htpasswd -B"},
    {"$3$", "an NT hash is too weak; use htpasswd -B"},
    {"$sha1$", "SHA-1 is too weak; use htpasswd -B"},
    {"{SHA}", "SHA-1 without a salt is too weak; use htpasswd -B"},
    {"{SSHA}", "SHA-1 is too weak; use htpasswd -B"},
    {"$2x$", "this variant of bcrypt is broken; use htpasswd -B"},
    {"$", "crypt(3) does not know this kind of hash; use htpasswd -B"},
    {"", "it is no hash, or one of DES, which is too weak; use htpasswd -B"},
});

std::string_view reason_against(std::string_view hash) {
  return std::find_if(kRefusals.begin(), kRefusals.end(),
                      [&](const Refusal& refusal) { return hash.starts_with(refusal.prefix); })
      ->reason;
}

Cost judge(const Method& method, std::string_view hash) {
  const std::size_t digest = hash.rfind('$') + 1;
  if (digest <= method.prefix.size() || hash.size() - digest != method.digest) return Cost::kMalformed;
  if (!http::all_of(hash.substr(digest), is_crypt_digit)) return Cost::kMalformed;
  return method.judge(hash.substr(method.prefix.size(), digest - 1 - method.prefix.size()));
}

}  // namespace

std::string_view problem_of_hash(const std::string& hash) {
  const auto* method = std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& candidate) {
    return hash.starts_with(candidate.prefix);
  });
  if (method == kMethods.end()) return reason_against(hash);
  switch (judge(*method, hash)) {
    case Cost::kTooHigh: return "it takes too long to verify; use a lower cost";
    case Cost::kMalformed: return "the hash is damaged";
    case Cost::kFine: break;
  }
  // Of our methods, crypt(3) calls SHA-256 legacy: new passwords should not use it.
  const int salt = ::crypt_checksalt(hash.c_str());
  const bool known = salt == CRYPT_SALT_OK || salt == CRYPT_SALT_METHOD_LEGACY;
  return known ? "" : "crypt(3) does not know this kind of hash; use htpasswd -B";
}

// crypt(3) does not distinguish a lack of memory (also EINVAL) from a hash with a damaged salt.
std::optional<bool> verify_hash(const char* password, const std::string& hash) {
  const auto work = std::make_unique<crypt_data>();
  const char* made = ::crypt_rn(password, hash.c_str(), work.get(), sizeof *work);
  std::optional<bool> right;
  if (made != nullptr)
    right = ::strlen(made) == hash.size() && CRYPTO_memcmp(made, hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(work.get(), sizeof *work);
  return right;
}

}  // namespace pollux::site
