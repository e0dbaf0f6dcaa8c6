// The keys of session tickets (RFC 5077, RFC 8446 4.6.1): what lets a client that was here before resume its
// session, on any connection and after new certificates were loaded.
//
// A ticket holds the secrets of its session, so whoever has its key can read recorded traffic of TLS 1.2.
// Keys therefore live in memory only and are replaced by rotate(): the newest encrypts, the older ones still
// decrypt until the tickets made with them have expired.
//
// Thread: any.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <chrono>

#include "base/mutex.h"

namespace pollux::tls {

class TicketKeys {
 public:
  // A key encrypts for one period and decrypts for two more: longer than a ticket made at its end lives.
  static constexpr std::chrono::hours kPeriod{1};
  static constexpr std::chrono::hours kTicketLifetime{2};

  TicketKeys();  // Throws Error when there is no randomness to be had.
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  // To be called once a period.
  void rotate() EXCLUDES(mutex_);

  // All of them, newest first, for a process that takes this one's place. A secret: to be overwritten after
  // use.
  static constexpr std::size_t kOctets = 3 * (16 + 32 + 32);
  using Octets = std::array<unsigned char, kOctets>;
  [[nodiscard]] Octets octets() const EXCLUDES(mutex_);
  // REQUIRES: no tickets have been made with those of here.
  void replace(const Octets& octets) EXCLUDES(mutex_);

  // Makes `context` use these keys; they must outlive it.
  void install(SSL_CTX& context);

 private:
  struct Key {
    Key();
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();  // Leaves nothing behind in memory.

    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;  // AES-256-CBC
    std::array<unsigned char, 32> mac;     // HMAC-SHA256
  };

  // SSL_CTX_set_tlsext_ticket_key_evp_cb(3)
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int encrypt);
  int encrypt(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac)
      EXCLUDES(mutex_);
  int decrypt(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac)
      EXCLUDES(mutex_);

  mutable Mutex mutex_;
  std::array<Key, 3> keys_ GUARDED_BY(mutex_);  // Newest first.
};

}  // namespace pollux::tls
