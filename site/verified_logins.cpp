#include "site/verified_logins.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace pollux::site {

namespace {

// Each text follows its length, so that no two logins have the same octets.
void append_part(std::string& text, std::string_view part) {
  text.append(std::to_string(part.size())).append(":").append(part);
}

}  // namespace

VerifiedLogins::VerifiedLogins(std::size_t max_logins) : max_logins_(max_logins) {
  if (RAND_bytes(secret_.data(), static_cast<int>(secret_.size())) != 1)
    throw std::runtime_error("there are no random numbers");
}

VerifiedLogins::Digest VerifiedLogins::digest(const Login& login) const {
  constexpr std::size_t kNumbers = 64;  // Digits and colons, at most.
  std::string text;
  text.reserve(login.client.size() + login.user.size() + login.password.size() + kNumbers);
  append_part(text, std::to_string(login.generation));
  append_part(text, login.client);
  append_part(text, login.user);
  append_part(text, login.password);
  Digest digest{};
  const auto* octets = reinterpret_cast<const unsigned char*>(text.data());
  const void* made = ::HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), octets,
                            text.size(), digest.data(), nullptr);
  OPENSSL_cleanse(text.data(), text.size());
  if (made == nullptr) throw std::runtime_error("no HMAC could be made");
  return digest;
}

void VerifiedLogins::remember(const Login& login, TimePoint now) {
  const Digest key = digest(login);
  const MutexLock lock(mutex_);
  make_room(now);
  until_[key] = now + kLifetime;
}

bool VerifiedLogins::has(const Login& login, TimePoint now) const {
  const Digest key = digest(login);
  const MutexLock lock(mutex_);
  const auto found = until_.find(key);
  return found != until_.end() && now < found->second;
}

void VerifiedLogins::make_room(TimePoint now) {
  std::erase_if(until_, [now](const auto& login) { return login.second <= now; });
  if (until_.size() < max_logins_) return;
  until_.erase(std::min_element(until_.begin(), until_.end(),
                                [](const auto& a, const auto& b) { return a.second < b.second; }));
}

std::size_t VerifiedLogins::size() const {
  const MutexLock lock(mutex_);
  return until_.size();
}

}  // namespace pollux::site
