#include "tls/client_context.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace pollux::tls {

namespace {

// ALPN, in the wire's form.
std::string_view protocols_of(ClientContext::Offer offer) {
  constexpr std::string_view kEither = "\x02h2\x08http/1.1";
  switch (offer) {
    case ClientContext::Offer::kHttp1: return kEither.substr(3);
    case ClientContext::Offer::kHttp2: return kEither.substr(0, 3);
    case ClientContext::Offer::kEither: break;
  }
  return kEither;
}

bool is_numeric(const std::string& host) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(address);
  ERR_clear_error();
  return address != nullptr;
}

}  // namespace

ClientContext::ClientContext(const Options& options)
    : context_(allocated(SSL_CTX_new(TLS_client_method()))), verify_(options.verify) {
  SSL_CTX* context = context_.get();
  bool good = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
  if (options.ca_file.empty()) {
    good = good && SSL_CTX_set_default_verify_paths(context) == 1;
  } else if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    throw Error("no certificates (PEM) in \"" + options.ca_file + "\": " + std::string(take_reason()));
  }
  const std::string_view protocols = protocols_of(options.offer);
  // 0 is success here, SSL_CTX_set_alpn_protos(3).
  good = good && SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(protocols.data()),
                                         static_cast<unsigned>(protocols.size())) == 0;
  if (!good) throw Error("TLS: " + std::string(take_reason()));
  SSL_CTX_set_verify(context, verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

SslPtr ClientContext::make_ssl(const std::string& host) const {
  SslPtr ssl(allocated(SSL_new(context_.get())));
  SSL_set_connect_state(ssl.get());
  bool good = true;
  if (is_numeric(host)) {
    good = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str()) == 1;
  } else {
    SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    good =
        SSL_set1_host(ssl.get(), host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl.get(), host.c_str()) == 1;
  }
  if (!good) throw Error("TLS: \"" + host + "\" is no name of a host: " + std::string(take_reason()));
  return ssl;
}

}  // namespace pollux::tls
