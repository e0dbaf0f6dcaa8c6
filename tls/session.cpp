#include "tls/session.h"

#include <openssl/err.h>

#include <algorithm>
#include <exception>

#include "tls/certificate.h"

namespace pollux::tls {

namespace {

// --- The BIO: OpenSSL's view of the two buffers. It must not see an exception. ---------------------

int read_wire(BIO* bio, char* to, int max) {
  BIO_clear_retry_flags(bio);
  Buffer& input = static_cast<Session*>(BIO_get_data(bio))->input();
  if (input.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::string_view octets = input.readable().substr(0, static_cast<std::size_t>(max));
  std::copy(octets.begin(), octets.end(), to);
  input.consume(octets.size());
  return static_cast<int>(octets.size());
}

int write_wire(BIO* bio, const char* from, int count) {
  BIO_clear_retry_flags(bio);
  try {
    static_cast<Session*>(BIO_get_data(bio))->output().append({from, static_cast<std::size_t>(count)});
    return count;
  } catch (const std::exception&) {  // No memory for it.
    return -1;
  }
}

long control_wire(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* wire_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = allocated(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire"));
    BIO_meth_set_read(made, read_wire);
    BIO_meth_set_write(made, write_wire);
    BIO_meth_set_ctrl(made, control_wire);
    return made;  // Kept for ever.
  }();
  return method;
}

// A TLS record begins with its type, a small number. Letters are the beginning of a line of text.
bool is_text(std::string_view wire) {
  const char first = wire.empty() ? '\0' : wire.front();
  return (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
}

// Of a TLS record, by its type (RFC 8446 5.1), or of SSL 2. OpenSSL would wait for a whole header before it
// says that something is neither.
bool may_be_record(std::string_view wire) {
  const unsigned first = wire.empty() ? 0x16U : static_cast<unsigned char>(wire.front());
  return (first >= 0x14 && first <= 0x17) || first >= 0x80;
}

}  // namespace

Session::Session(SslPtr ssl, std::shared_ptr<const void> owner)
    : owner_(std::move(owner)), ssl_(std::move(ssl)) {
  BIO* bio = allocated(BIO_new(wire_method()));
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);  // Takes it over.
}

Session::~Session() = default;

bool Session::established() const { return SSL_is_init_finished(ssl_.get()) == 1; }

bool Session::finished() const {
  char none = 0;
  return SSL_get_finished(ssl_.get(), &none, 0) != 0;  // Its length.
}

Session::Result Session::decrypt(Buffer& plain) {
  if (SSL_in_before(ssl_.get()) == 1 && !may_be_record(input_.readable())) {
    if (is_text(input_.readable())) return Result::kNotTls;
    reason_ = "no TLS record";
    return Result::kFailed;
  }
  if (!established()) {
    if (input_.empty()) return Result::kOk;  // Not begun until the first octet can tell what it is.
    const Result result = handshake();
    if (result != Result::kOk || !established()) return result;
  }
  ERR_clear_error();
  for (;;) {
    // Room for what is there. What a record held beyond it is pending, and gets its room in the next turn.
    const std::size_t max = input_.size() + static_cast<std::size_t>(SSL_pending(ssl_.get()));
    if (max == 0) return Result::kOk;
    const std::span<char> room = plain.prepare(max);
    std::size_t got = 0;
    const int returned = SSL_read_ex(ssl_.get(), room.data(), room.size(), &got);
    plain.commit(got);
    if (returned != 1) return result_of(returned);
  }
}

Session::Result Session::handshake() {
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_.get());
  return returned == 1 ? Result::kOk : result_of(returned);
}

Session::Result Session::result_of(int returned) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return Result::kOk;
    case SSL_ERROR_ZERO_RETURN: return Result::kEnd;
    default: break;
  }
  reason_ = take_reason();
  return Result::kFailed;
}

bool Session::encrypt(std::span<const char> octets) {
  ERR_clear_error();
  std::size_t written = 0;
  const bool good = SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &written) == 1;
  if (!good) reason_ = take_reason();
  return good;
}

void Session::end() {
  if (!established() || !reason_.empty()) return;
  ERR_clear_error();
  (void)SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void Session::release() {
  input_.release();
  output_.release();
}

std::string_view Session::application_protocol() const {
  const unsigned char* name = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

bool Session::is_certified_for(std::string_view host) const {
  const X509* certificate = SSL_get_certificate(ssl_.get());
  return certificate != nullptr && certificate_is_for(*certificate, host);
}

}  // namespace pollux::tls
