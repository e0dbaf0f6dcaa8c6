// One TLS session as a codec: wire octets to plain ones, and back. It knows no socket.
//
//      wire                                    plain
//   ---------> input() --> decrypt(plain) --> octets that were sent to us
//   <--------- output() <-- encrypt(octets)
//
// The handshake is part of decrypt(): it takes what came in and leaves its answers, tickets and alerts in
// output(), which the owner sends whenever it is not empty. OpenSSL works on the two buffers by a BIO of
// our own (BIO_meth_new(3)), so the octets are not copied through another one.
//
// Both roles: the server's (server_context.h) and the client's (client_context.h).
//
// Thread: none of its own; used by whichever thread holds the connection.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/buffer.h"
#include "tls/openssl.h"

namespace pollux::tls {

class Session {
 public:
  enum class Result {
    kOk,      // All input is used up, as far as it makes whole records.
    kEnd,     // The peer has said that nothing more follows (close_notify).
    kNotTls,  // What came is not TLS but text, perhaps HTTP. input() still has it.
    kFailed,  // reason() says why; an alert for the peer is in output().
  };

  // `ssl`: of a context, at its handshake's beginning. `owner` is kept as long as the session lives: the
  // context, which others may have let go. Throws std::bad_alloc.
  Session(SslPtr ssl, std::shared_ptr<const void> owner);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  [[nodiscard]] Buffer& input() { return input_; }    // From the wire, to be appended to.
  [[nodiscard]] Buffer& output() { return output_; }  // For the wire, to be consumed.

  // A client's session begins with this.
  [[nodiscard]] Result begin() { return handshake(); }

  // Goes on with the handshake, and appends to `plain` what was decrypted. Throws std::bad_alloc.
  [[nodiscard]] Result decrypt(Buffer& plain);

  [[nodiscard]] bool established() const;

  // Our Finished has been made (RFC 8446 4.4.4). Of a TLS 1.3 server, what is left of the handshake then
  // costs little.
  [[nodiscard]] bool finished() const;

  // REQUIRES: established(). false: the session is broken.
  [[nodiscard]] bool encrypt(std::span<const char> octets);

  // Says that nothing more follows, once; does nothing where there is no session to be ended.
  void end();

  // Why decrypt() has failed; static text.
  [[nodiscard]] std::string_view reason() const { return reason_; }

  // "TLSv1.3", and whether an earlier session was resumed. REQUIRES: established().
  [[nodiscard]] std::string_view version() const { return SSL_get_version(ssl_.get()); }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  // Whether our certificate, of those we have, is for this DNS name or numeric address.
  [[nodiscard]] bool is_certified_for(std::string_view host) const;
  // What was agreed on by ALPN (RFC 7301): "h2"; empty: nothing. REQUIRES: established().
  [[nodiscard]] std::string_view application_protocol() const;
  [[nodiscard]] SSL& ssl() { return *ssl_; }

  // Frees the buffers. REQUIRES: both are empty.
  void release();

 private:
  [[nodiscard]] Result handshake();
  [[nodiscard]] Result result_of(int returned);

  Buffer input_;
  Buffer output_;
  const std::shared_ptr<const void> owner_;
  SslPtr ssl_;
  std::string_view reason_;
};

}  // namespace pollux::tls
