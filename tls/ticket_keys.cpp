#include "tls/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <span>
#include <string>

#include "tls/openssl.h"

namespace pollux::tls {

namespace {

// What the callback answers, SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
constexpr int kFailed = -1;
constexpr int kUnknownKey = 0;  // Do a full handshake.
constexpr int kUsed = 1;
constexpr int kUsedAndRenew = 2;  // Accept the ticket, and give the client one with a newer key.

void fill(std::span<unsigned char> octets) {
  if (RAND_bytes(octets.data(), static_cast<int>(octets.size())) != 1) {
    throw Error("cannot make a session ticket key: " + std::string(take_reason()));
  }
}

bool set_mac_key(EVP_MAC_CTX* mac, std::span<unsigned char> key) {
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

}  // namespace

TicketKeys::Key::Key() {
  fill(name);
  fill(cipher);
  fill(mac);
}

TicketKeys::Key::~Key() { OPENSSL_cleanse(this, sizeof *this); }

TicketKeys::TicketKeys() = default;

void TicketKeys::rotate() {
  const Key fresh;
  const MutexLock lock(mutex_);
  std::copy_backward(keys_.begin(), keys_.end() - 1, keys_.end());
  keys_.front() = fresh;
}

TicketKeys::Octets TicketKeys::octets() const {
  Octets octets;
  auto* end = octets.begin();
  const MutexLock lock(mutex_);
  for (const Key& key : keys_) {
    end = std::copy(key.name.begin(), key.name.end(), end);
    end = std::copy(key.cipher.begin(), key.cipher.end(), end);
    end = std::copy(key.mac.begin(), key.mac.end(), end);
  }
  return octets;
}

void TicketKeys::replace(const Octets& octets) {
  const auto* from = octets.begin();
  const auto fill_from = [&from](auto& part) {
    std::copy_n(from, part.size(), part.begin());
    from += part.size();
  };
  const MutexLock lock(mutex_);
  for (Key& key : keys_) {
    fill_from(key.name);
    fill_from(key.cipher);
    fill_from(key.mac);
  }
}

void TicketKeys::install(SSL_CTX& context) {
  SSL_CTX_set_app_data(&context, this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, on_ticket);
  SSL_CTX_set_timeout(&context, std::chrono::seconds(kTicketLifetime).count());
}

int TicketKeys::on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                          EVP_MAC_CTX* mac, int encrypt) {
  auto& keys = *static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  return encrypt != 0 ? keys.encrypt(name, iv, cipher, mac) : keys.decrypt(name, iv, cipher, mac);
}

int TicketKeys::encrypt(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  const EVP_CIPHER* algorithm = EVP_aes_256_cbc();
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(algorithm)) != 1) return kFailed;
  const MutexLock lock(mutex_);
  Key& key = keys_.front();
  std::copy(key.name.begin(), key.name.end(), name);
  if (EVP_EncryptInit_ex2(cipher, algorithm, key.cipher.data(), iv, nullptr) != 1) return kFailed;
  return set_mac_key(mac, key.mac) ? kUsed : kFailed;
}

int TicketKeys::decrypt(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                        EVP_MAC_CTX* mac) {
  const MutexLock lock(mutex_);
  const auto key = std::find_if(keys_.begin(), keys_.end(), [name](const Key& candidate) {
    return std::equal(candidate.name.begin(), candidate.name.end(), name);
  });
  if (key == keys_.end()) return kUnknownKey;
  if (EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), key->cipher.data(), iv, nullptr) != 1) return kFailed;
  if (!set_mac_key(mac, key->mac)) return kFailed;
  return key == keys_.begin() ? kUsed : kUsedAndRenew;
}

}  // namespace pollux::tls
