// OpenSSL's objects with owners, and its errors as text.
//
// Thread: any. OpenSSL keeps its errors in a queue of each thread.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pollux::tls {

// What keeps a context from being made. The message names the file at fault.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};

struct FreedChain {
  void operator()(STACK_OF(X509) * chain) const { sk_X509_pop_free(chain, X509_free); }
};

using SslPtr = std::unique_ptr<SSL, Freed<SSL_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using ChainPtr = std::unique_ptr<STACK_OF(X509), FreedChain>;  // With the certificates in it.
using PrivateKeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

// The reason of the latest error in this thread's queue, which says what became of the others; never empty.
// Empties the queue.
[[nodiscard]] std::string_view take_reason();

// Throws std::bad_alloc for nullptr: what OpenSSL's constructors return when they have no memory.
template <class T>
T* allocated(T* object) {
  if (object == nullptr) throw std::bad_alloc();
  return object;
}

}  // namespace pollux::tls
