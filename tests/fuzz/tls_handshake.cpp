// What a client may send before there are keys: the server's side of a handshake.
//
// Whatever comes, and in whatever pieces, the end is the same; no octet of it passes for a client's data, and
// what the server says to it is bounded.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "fuzz.h"
#include "tls/server_context.h"
#include "tls/session.h"

namespace {

using pollux::Buffer;
using pollux::tls::Session;

struct Outcome {
  Session::Result result = Session::Result::kOk;
  std::string_view reason;
  bool established = false;
};

// A certificate of its own and its key, both in one file that is gone when it was read.
std::shared_ptr<const pollux::tls::ServerContext> make_context(pollux::tls::TicketKeys& keys) {
  using namespace pollux::tls;
  const PrivateKeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24L * 3600);
  X509_set_pubkey(certificate.get(), key.get());
  PROMISE(X509_sign(certificate.get(), key.get(), EVP_sha256()) != 0);

  std::string path = "/tmp/pollux-fuzz-XXXXXX";
  const BioPtr file(BIO_new_fd(::mkstemp(path.data()), BIO_CLOSE));
  PROMISE(PEM_write_bio_X509(file.get(), certificate.get()) == 1);
  PROMISE(PEM_write_bio_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  auto context = std::make_shared<const ServerContext>(
      std::vector<CertificateFiles>{{.certificate = path, .private_key = path, .ocsp_response = {}}},
      Version::k12, keys);
  ::unlink(path.c_str());
  return context;
}

Outcome feed(const std::shared_ptr<const pollux::tls::ServerContext>& context, std::string_view octets,
             std::size_t piece) {
  constexpr std::size_t kMost = 64 * 1024;  // A hello, a certificate, and some alerts.
  Session session(context->make_ssl(), context);
  Buffer plain;
  Outcome outcome;
  while (!octets.empty() && outcome.result == Session::Result::kOk) {
    session.input().append(octets.substr(0, piece));
    octets.remove_prefix(std::min(piece, octets.size()));
    outcome.result = session.decrypt(plain);
  }
  PROMISE(plain.empty());
  PROMISE(session.output().size() < kMost);
  outcome.reason = session.reason();
  outcome.established = session.established();
  PROMISE(!outcome.established);
  PROMISE((outcome.result == Session::Result::kFailed) == !outcome.reason.empty());
  session.end();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static pollux::tls::TicketKeys keys;
  static const auto context = make_context(keys);
  pollux::fuzz::Input input(data, size);
  const std::size_t piece = std::size_t{input.octet()} + 1;
  const Outcome whole = feed(context, input.rest(), input.rest().size());
  const Outcome pieces = feed(context, input.rest(), piece);
  PROMISE(whole.result == pieces.result && whole.reason == pieces.reason);
  return 0;
}
