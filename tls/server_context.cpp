#include "tls/server_context.h"

#include <algorithm>
#include <new>

namespace pollux::tls {

namespace {

constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";  // Those of 1.3 are all good.
constexpr const char* kGroups = "X25519:P-256:P-384";

// ALPN (RFC 7301), in the wire's form: a length octet before each name. Ours, best first.
constexpr std::string_view kWithHttp2 = "\x02h2\x08http/1.1\x08http/1.0";
constexpr std::string_view kWithoutHttp2 = kWithHttp2.substr(3);

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

int on_alpn(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
            unsigned int offered_length, void* protocols) {
  const auto ours = *static_cast<const std::string_view*>(protocols);
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, length, octets(ours),
                                           static_cast<unsigned int>(ours.size()), offered, offered_length);
  *chosen = found;
  // RFC 7301 3.2: a client that speaks none of our protocols is told so, not answered in another.
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void require(long result, std::string_view what) {
  if (result != 1) throw Error("TLS: cannot set " + std::string(what) + ": " + std::string(take_reason()));
}

SslCtxPtr make_context(const Certificate& certificate, TicketKeys& keys, const ServerOptions& options) {
  SslCtxPtr context(allocated(SSL_CTX_new(TLS_server_method())));
  SSL_CTX* ctx = context.get();
  require(SSL_CTX_set_min_proto_version(ctx, options.least == Version::k13 ? TLS1_3_VERSION : TLS1_2_VERSION),
          "the least version");
  require(SSL_CTX_set_cipher_list(ctx, kCiphers12), "the ciphers");
  require(SSL_CTX_set1_groups_list(ctx, kGroups), "the groups");
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA);
  if (options.plaintext == Plaintext::kOverwritten) SSL_CTX_set_options(ctx, SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);  // An idle session holds no record buffers.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  constexpr std::string_view kSessions = "pollux";  // All certificates share their tickets.
  require(SSL_CTX_set_session_id_context(ctx, octets(kSessions), kSessions.size()), "the session context");
  // Its argument is not const, and is only read.
  SSL_CTX_set_alpn_select_cb(ctx, on_alpn,
                             const_cast<std::string_view*>(options.http2 ? &kWithHttp2 : &kWithoutHttp2));
  keys.install(*ctx);
  certificate.install(*ctx);
  return context;
}

}  // namespace

ServerContext::ServerContext(const std::vector<CertificateFiles>& certificates, TicketKeys& keys,
                             const ServerOptions& options) {
  for (const CertificateFiles& files : certificates) {
    certificates_.push_back(std::make_unique<Certificate>(files));
    contexts_.push_back(make_context(*certificates_.back(), keys, options));
    SSL_CTX_set_tlsext_status_arg(contexts_.back().get(), this);
    SSL_CTX_set_tlsext_status_cb(contexts_.back().get(), on_status_request);
  }
  default_name_ = certificates_.front()->name();
  SSL_CTX_set_tlsext_servername_arg(contexts_.front().get(), this);
  SSL_CTX_set_tlsext_servername_callback(contexts_.front().get(), on_server_name);
}

bool ServerContext::is_for(std::string_view host) const {
  return std::any_of(certificates_.begin(), certificates_.end(),
                     [host](const auto& certificate) { return certificate->is_for(host); });
}

SslPtr ServerContext::make_ssl() const {
  SslPtr ssl(allocated(SSL_new(contexts_.front().get())));
  SSL_set_accept_state(ssl.get());
  return ssl;
}

int ServerContext::on_server_name(SSL* ssl, int* /*alert*/, void* context) {
  const auto& self = *static_cast<const ServerContext*>(context);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  try {
    if (name != nullptr && self.offer(*ssl, name)) return SSL_TLSEXT_ERR_OK;
    (void)self.offer(*ssl, self.default_name_);
    return SSL_TLSEXT_ERR_NOACK;
  } catch (const std::bad_alloc&) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // Nothing may be thrown through OpenSSL.
  }
}

bool ServerContext::offer(SSL& ssl, std::string_view name) const {
  std::vector<int> types;
  for (std::size_t i = 0; i < certificates_.size(); ++i) {
    const Certificate& certificate = *certificates_[i];
    if (!certificate.is_for(name)) continue;
    const int type = certificate.key_type();
    if (types.empty()) {
      if (i > 0) SSL_set_SSL_CTX(&ssl, contexts_[i].get());
      types.push_back(type);
    } else if (std::find(types.begin(), types.end(), type) == types.end() && certificate.add_to(ssl)) {
      types.push_back(type);
    }
  }
  return !types.empty();
}

int ServerContext::on_status_request(SSL* ssl, void* context) {
  const X509* presented = SSL_get_certificate(ssl);
  for (const auto& certificate : static_cast<const ServerContext*>(context)->certificates_) {
    const std::string& response = certificate->ocsp_response();
    if (!certificate->is(presented) || response.empty()) continue;
    void* copy = OPENSSL_memdup(response.data(), response.size());
    if (copy == nullptr) break;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));  // Takes the copy over.
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace pollux::tls
