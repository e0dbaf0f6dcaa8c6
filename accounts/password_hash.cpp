#include "accounts/password_hash.h"

#include <argon2.h>
#include <fmt/core.h>
#include <openssl/crypto.h>
#include <sys/mman.h>

#include <charconv>
#include <stdexcept>

#include "accounts/base64.h"
#include "accounts/token.h"

namespace pollux::accounts {

namespace {

constexpr std::size_t kSaltOctets = 16;
constexpr std::size_t kHashOctets = 32;

// Beyond these nobody hashes a password: a database that says so must not take the machine with it.
constexpr HashParameters kMax{.memory_kib = 256 * 1024, .passes = 16, .lanes = 16};

// Straight from the kernel and back to it: an allocator would keep that much for each thread.
int map_memory(std::uint8_t** memory, std::size_t octets) {
  void* mapped = ::mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *memory = mapped == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(mapped);
  return mapped == MAP_FAILED ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

void unmap_memory(std::uint8_t* memory, std::size_t octets) { ::munmap(memory, octets); }

std::uint8_t* octets(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

// std::nullopt: no memory.
std::optional<std::string> argon2id(std::string_view password, std::string salt, std::size_t size,
                                    const HashParameters& parameters) {
  std::string hash(size, '\0');
  argon2_context context{};
  context.out = octets(hash);
  context.outlen = static_cast<std::uint32_t>(hash.size());
  // Not written to: ARGON2_FLAG_CLEAR_PASSWORD is not set.
  context.pwd = reinterpret_cast<std::uint8_t*>(const_cast<char*>(password.data()));
  context.pwdlen = static_cast<std::uint32_t>(password.size());
  context.salt = octets(salt);
  context.saltlen = static_cast<std::uint32_t>(salt.size());
  context.t_cost = parameters.passes;
  context.m_cost = parameters.memory_kib;
  context.lanes = parameters.lanes;
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.allocate_cbk = map_memory;
  context.free_cbk = unmap_memory;
  const int error = argon2id_ctx(&context);
  if (error == ARGON2_MEMORY_ALLOCATION_ERROR) return std::nullopt;
  if (error != ARGON2_OK) throw std::invalid_argument(argon2_error_message(error));
  return hash;
}

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
  if (!salt || !hash || salt->size() < ARGON2_MIN_SALT_LENGTH || hash->size() < kSaltOctets)
    return std::nullopt;
  encoded.salt = std::move(*salt);
  encoded.hash = std::move(*hash);
  return encoded;
}

}  // namespace

// One of the `max_` that may hash at a time.
class Hasher::Turn {
 public:
  Turn(Hasher& hasher, TimePoint deadline) : hasher_(hasher) {
    const MutexLock lock(hasher_.mutex_);
    while (hasher_.running_ >= hasher_.max_) {
      const TimePoint now = std::chrono::steady_clock::now();
      if (now >= deadline) return;
      hasher_.turn_free_.wait_for(hasher_.mutex_, std::chrono::ceil<milliseconds>(deadline - now));
    }
    ++hasher_.running_;
    taken_ = true;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!taken_) return;
    const MutexLock lock(hasher_.mutex_);
    --hasher_.running_;
    hasher_.turn_free_.notify_one();
  }

  explicit operator bool() const { return taken_; }

 private:
  Hasher& hasher_;
  bool taken_ = false;
};

Hasher::Hasher(const HashParameters& parameters, std::size_t max) : parameters_(parameters), max_(max) {
  const auto encoded = hash(random_octets(kHashOctets), TimePoint::max());
  if (!encoded) throw std::bad_alloc();
  nobody_ = *encoded;
}

std::optional<std::string> Hasher::hash(std::string_view password, TimePoint deadline) {
  const Turn turn(*this, deadline);
  if (!turn) return std::nullopt;
  const std::string salt = random_octets(kSaltOctets);
  const auto hash = argon2id(password, salt, kHashOctets, parameters_);
  if (!hash) return std::nullopt;
  return fmt::format("{}{}${}", prefix(parameters_), base64_encode(salt, Alphabet::kStandard),
                     base64_encode(*hash, Alphabet::kStandard));
}

Hasher::Verdict Hasher::verify(const std::string& encoded, std::string_view password, TimePoint deadline) {
  const std::optional<Encoded> expected = parse(encoded);
  if (!expected) return Verdict::kWrong;
  const Turn turn(*this, deadline);
  if (!turn) return Verdict::kNoTurn;
  const auto hash = argon2id(password, expected->salt, expected->hash.size(), expected->parameters);
  if (!hash) return Verdict::kNoTurn;
  const bool same = CRYPTO_memcmp(hash->data(), expected->hash.data(), hash->size()) == 0;
  return same ? Verdict::kRight : Verdict::kWrong;
}

Hasher::Verdict Hasher::verify_nobody(std::string_view password, TimePoint deadline) {
  const Verdict verdict = verify(nobody_, password, deadline);
  return verdict == Verdict::kRight ? Verdict::kWrong : verdict;
}

bool Hasher::outdated(std::string_view encoded) const { return !encoded.starts_with(prefix(parameters_)); }

}  // namespace pollux::accounts
