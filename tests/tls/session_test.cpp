// Two sessions back to back, in both versions, fed whole and one octet at a time.
#include "tls/session.h"

#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include "support.h"

namespace pollux::tls {
namespace {

using test::kWhole;
using test::Pair;
using Result = Session::Result;

struct HandshakeCase {
  int version;  // The client's only one.
  std::size_t step;
};

class SessionTest : public ::testing::TestWithParam<HandshakeCase> {
 protected:
  SslPtr client_ssl(const ClientContext& context, const std::string& host = "a.test") const {
    SslPtr ssl = context.make_ssl(host);
    SSL_set_min_proto_version(ssl.get(), GetParam().version);
    SSL_set_max_proto_version(ssl.get(), GetParam().version);
    return ssl;
  }
  SslPtr client_ssl() const { return client_ssl(trusting_); }

  std::unique_ptr<Pair> pair(SslPtr ssl) const {
    return std::make_unique<Pair>(context_, std::move(ssl), GetParam().step);
  }

  std::unique_ptr<Pair> shaken() const {
    auto made = pair(client_ssl());
    made->shake_hands();
    EXPECT_TRUE(made->established());
    return made;
  }

  [[nodiscard]] std::shared_ptr<const ServerContext> make_context(std::vector<CertificateFiles> files,
                                                                  const ServerOptions& options = {}) {
    return std::make_shared<const ServerContext>(std::move(files), keys_, options);
  }

  // What the client keeps of a session for the next one.
  using SessionPtr = std::unique_ptr<SSL_SESSION, Freed<SSL_SESSION_free>>;
  // A copy: OpenSSL never resumes a session whose connection it has seen end without close_notify.
  static SessionPtr ticket_of(Pair& from) {
    return SessionPtr(allocated(SSL_SESSION_dup(SSL_get_session(&from.client.ssl()))));
  }
  std::unique_ptr<Pair> resuming(const SessionPtr& ticket) const {
    SslPtr ssl = client_ssl();
    SSL_set_session(ssl.get(), ticket.get());
    auto made = pair(std::move(ssl));
    made->shake_hands();
    EXPECT_TRUE(made->established()) << made->client.reason();
    EXPECT_EQ(made->client.resumed(), made->server.resumed());
    return made;
  }

  const test::TemporaryDirectory directory_;
  const test::Authority authority_{directory_};
  const CertificateFiles a_ = authority_.issue({.name = "a", .alternatives = "DNS:a.test,IP:192.0.2.1"});
  const CertificateFiles b_ = authority_.issue({.name = "b", .alternatives = "DNS:b.test,DNS:*.b.test"});
  const ClientContext trusting_{{.ca_file = authority_.file()}};
  TicketKeys keys_;
  std::shared_ptr<const ServerContext> context_ = make_context({a_, b_});
};

std::string text(const HandshakeCase& one) {
  return std::string(one.version == TLS1_2_VERSION ? "Tls12" : "Tls13") +
         (one.step == kWhole ? "Whole" : "OctetByOctet");
}
void PrintTo(const HandshakeCase& one, std::ostream* out) { *out << text(one); }
std::string name(const ::testing::TestParamInfo<HandshakeCase>& info) { return text(info.param); }

INSTANTIATE_TEST_SUITE_P(Versions, SessionTest,
                         ::testing::Values(HandshakeCase{TLS1_2_VERSION, kWhole},
                                           HandshakeCase{TLS1_2_VERSION, 1},
                                           HandshakeCase{TLS1_3_VERSION, kWhole},
                                           HandshakeCase{TLS1_3_VERSION, 1}),
                         name);

// What only one of the versions has.
class Session12Test : public SessionTest {};
INSTANTIATE_TEST_SUITE_P(Version, Session12Test,
                         ::testing::Values(HandshakeCase{TLS1_2_VERSION, kWhole},
                                           HandshakeCase{TLS1_2_VERSION, 1}),
                         name);
class Session13Test : public SessionTest {};
INSTANTIATE_TEST_SUITE_P(Version, Session13Test,
                         ::testing::Values(HandshakeCase{TLS1_3_VERSION, kWhole},
                                           HandshakeCase{TLS1_3_VERSION, 1}),
                         name);

// -- A good session

TEST_P(SessionTest, CarriesOctetsBothWays) {
  const auto pair = shaken();
  EXPECT_EQ(pair->server.version(), GetParam().version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
  EXPECT_FALSE(pair->server.resumed());
  EXPECT_TRUE(pair->server_got.empty() && pair->client_got.empty());
  ASSERT_TRUE(pair->client.encrypt(std::string_view("question")));
  ASSERT_TRUE(pair->server.encrypt(std::string_view("answer")));
  pair->talk();
  EXPECT_EQ(pair->server_got.readable(), "question");
  EXPECT_EQ(pair->client_got.readable(), "answer");
}

TEST_P(SessionTest, CarriesMoreThanARecordHolds) {
  const auto pair = shaken();
  std::string octets(GetParam().step == kWhole ? 3'000'000 : 100'000, '\0');
  for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<char>(i * 2654435761U >> 13U);
  for (std::string_view rest = octets; !rest.empty();
       rest.remove_prefix(std::min<std::size_t>(rest.size(), 50'000))) {
    ASSERT_TRUE(pair->client.encrypt(rest.substr(0, 50'000)));
    ASSERT_TRUE(pair->server.encrypt(rest.substr(0, 50'000)));
  }
  pair->talk();
  EXPECT_EQ(pair->server_got.readable(), octets);
  EXPECT_EQ(pair->client_got.readable(), octets);
}

// The first octets may come together with the end of the handshake.
TEST_P(SessionTest, TakesWhatFollowsTheHandshakeAtOnce) {
  const auto pair = this->pair(client_ssl());
  pair->client_result = pair->client.begin();
  while (!pair->client.established()) {
    pair->feed_server(Pair::take(pair->client));
    pair->feed(Pair::take(pair->server), pair->client, pair->client_got, pair->client_result);
    ASSERT_EQ(pair->client_result, Result::kOk);
  }
  ASSERT_TRUE(pair->client.encrypt(std::string_view("early bird")));
  pair->talk();
  EXPECT_EQ(pair->server_got.readable(), "early bird");
}

TEST_P(SessionTest, EndsWithCloseNotify) {
  const auto pair = shaken();
  ASSERT_TRUE(pair->client.encrypt(std::string_view("last words")));
  pair->client.end();
  pair->client.end();
  pair->talk();
  EXPECT_EQ(pair->server_result, Result::kEnd);
  EXPECT_EQ(pair->server_got.readable(), "last words");
  ASSERT_TRUE(pair->server.encrypt(std::string_view("the answer to that")));  // Only one direction has ended.
  pair->server.end();
  pair->talk();
  EXPECT_EQ(pair->client_got.readable(), "the answer to that");
  EXPECT_EQ(pair->client_result, Result::kEnd);
}

TEST_P(SessionTest, OutlivesTheUseOfItsContext) {
  auto pair = std::make_unique<Pair>(make_context({b_}), client_ssl(trusting_, "b.test"), GetParam().step);
  pair->shake_hands();  // Nobody but the session has the context any more.
  EXPECT_TRUE(pair->established());
}

TEST_P(SessionTest, AnIdleSessionHoldsNoBuffers) {
  const auto pair = shaken();
  ASSERT_TRUE(pair->client.encrypt(std::string_view("question")));
  pair->talk();
  pair->server.release();
  EXPECT_EQ(pair->server.input().capacity() + pair->server.output().capacity(), 0U);
  ASSERT_TRUE(pair->client.encrypt(std::string_view("!")));
  pair->talk();
  EXPECT_EQ(pair->server_got.readable(), "question!");
}

// -- Who the server is

TEST_P(SessionTest, PresentsTheCertificateForTheName) {
  const ClientContext anybody{{.ca_file = authority_.file(), .verify = false}};
  const struct {
    const char* host;
    const char* presented;
  } rows[] = {{"a.test", "a"},   {"b.test", "b"},     {"B.TEST", "b"}, {"x.b.test", "b"},
              {"c.test", "a"},   {"x.y.b.test", "a"}, {"test", "a"},   {"192.0.2.1", "a"},  // No SNI.
              {"127.0.0.1", "a"}};
  for (const auto& row : rows) {
    const auto pair = this->pair(client_ssl(anybody, row.host));
    pair->shake_hands();
    ASSERT_TRUE(pair->established()) << row.host;
    const X509Ptr certificate(SSL_get1_peer_certificate(&pair->client.ssl()));
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
    EXPECT_STREQ(name, row.presented) << row.host;
    EXPECT_EQ(sk_X509_num(SSL_get0_verified_chain(&pair->client.ssl())), 2) << row.host << ": with its chain";
  }
}

TEST_P(SessionTest, OfTwoTypesOfKeysPresentsTheOneTheClientCanVerify) {
  const CertificateFiles rsa =
      authority_.issue({.name = "rsa", .alternatives = "DNS:a.test,DNS:c.test", .rsa_bits = 2048});
  const CertificateFiles wild =
      authority_.issue({.name = "wild", .alternatives = "DNS:*.b.test", .rsa_bits = 2048});
  const ClientContext anybody{{.ca_file = authority_.file(), .verify = false}};
  const struct {
    std::vector<CertificateFiles> files;
    const char* host;
    const char* signatures;
    const char* presented;  // nullptr: there is none that the client can verify.
  } rows[] = {
      {{a_, rsa}, "a.test", "RSA-PSS+SHA256", "rsa"},
      {{a_, rsa}, "a.test", "ECDSA+SHA256", "a"},
      {{a_, rsa}, "a.test", "ECDSA+SHA256:RSA-PSS+SHA256", "a"},
      {{rsa, a_}, "a.test", "RSA-PSS+SHA256", "rsa"},
      {{rsa, a_}, "a.test", "ECDSA+SHA256", "a"},
      {{rsa, a_}, "a.test", "ECDSA+SHA256:RSA-PSS+SHA256", "a"},
      {{b_, rsa, a_}, "a.test", "ECDSA+SHA256", "a"},
      {{b_, rsa, a_}, "c.test", "ECDSA+SHA256", nullptr},  // a is not for it.
      {{a_, rsa}, "nobody.test", "RSA-PSS+SHA256", "rsa"},
      {{a_, rsa}, "192.0.2.1", "RSA-PSS+SHA256", "rsa"},  // No SNI.
      {{a_, b_, wild}, "x.b.test", "RSA-PSS+SHA256", "wild"},
      {{a_, b_, wild}, "b.test", "RSA-PSS+SHA256", nullptr},
  };
  for (const auto& row : rows) {
    SslPtr ssl = client_ssl(anybody, row.host);
    test::expect_good(SSL_set1_sigalgs_list(ssl.get(), row.signatures) == 1);
    Pair pair(make_context(row.files), std::move(ssl), GetParam().step);
    pair.shake_hands();
    const X509Ptr certificate(SSL_get1_peer_certificate(&pair.client.ssl()));
    EXPECT_EQ(pair.established(), row.presented != nullptr) << row.host << row.signatures;
    if (!pair.established() || row.presented == nullptr) continue;
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
    EXPECT_STREQ(name, row.presented) << row.host << row.signatures;
  }
}

TEST_P(SessionTest, ClientsFindOutAStranger) {
  const test::Authority other(directory_, "other");
  const ClientContext other_trust{{.ca_file = other.file()}};
  const ClientContext no_check{{.ca_file = other.file(), .verify = false}};
  const CertificateFiles expired = authority_.issue(
      {.name = "expired", .alternatives = "DNS:a.test", .begins_in_hours = -9, .ends_in_hours = -1});
  const struct {
    const char* what;
    const ClientContext& trust;
    const char* host;
    const CertificateFiles& files;
    bool good;
  } rows[] = {
      {"good", trusting_, "a.test", a_, true},
      {"good address", trusting_, "192.0.2.1", a_, true},
      {"wrong name", trusting_, "wrong.test", a_, false},
      {"wrong address", trusting_, "192.0.2.2", a_, false},
      {"partial name", trusting_, "test", a_, false},
      {"unknown authority", other_trust, "a.test", a_, false},
      {"expired", trusting_, "a.test", expired, false},
      {"does not look", no_check, "wrong.test", expired, true},
  };
  for (const auto& row : rows) {
    Pair pair(make_context({row.files}), client_ssl(row.trust, row.host), GetParam().step);
    pair.shake_hands();
    EXPECT_EQ(pair.client.established(), row.good) << row.what;
    EXPECT_EQ(pair.client_result, row.good ? Result::kOk : Result::kFailed) << row.what;
    // The client's alert tells the server.
    EXPECT_EQ(pair.server_result, row.good ? Result::kOk : Result::kFailed) << row.what;
    if (!row.good) {
      EXPECT_EQ(pair.client.reason(), "certificate verify failed") << row.what;
      EXPECT_NE(pair.server.reason().find("alert"), std::string::npos) << pair.server.reason();
    }
  }
}

TEST_P(SessionTest, StaplesItsOcspResponse) {
  using OcspBasicPtr = std::unique_ptr<OCSP_BASICRESP, Freed<OCSP_BASICRESP_free>>;
  using OcspResponsePtr = std::unique_ptr<OCSP_RESPONSE, Freed<OCSP_RESPONSE_free>>;
  using TimePtr = std::unique_ptr<ASN1_TIME, Freed<ASN1_TIME_free>>;
  const test::Identity leaf = authority_.identity({.name = "leaf", .alternatives = "DNS:a.test"});
  const auto respond = [&](long valid_for, int status = V_OCSP_CERTSTATUS_GOOD, const X509* subject = nullptr,
                           long since = -7200) {
    const OcspBasicPtr basic(allocated(OCSP_BASICRESP_new()));
    const TimePtr begin(X509_gmtime_adj(nullptr, since));
    const TimePtr end(X509_gmtime_adj(nullptr, valid_for));
    OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), subject != nullptr ? subject : leaf.certificate.get(),
                                      authority_.self().certificate.get());
    OCSP_basic_add1_status(basic.get(), id, status, OCSP_REVOKED_STATUS_NOSTATUS,
                           status == V_OCSP_CERTSTATUS_REVOKED ? begin.get() : nullptr, begin.get(),
                           end.get());
    OCSP_CERTID_free(id);
    test::expect_good(OCSP_basic_sign(basic.get(), authority_.self().certificate.get(),
                                      authority_.self().key.get(), EVP_sha256(), nullptr, 0) == 1);
    const OcspResponsePtr response(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
    unsigned char* der = nullptr;
    const int size = i2d_OCSP_RESPONSE(response.get(), &der);
    std::string octets(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return octets;
  };
  const std::string current = respond(7200);
  CertificateFiles files = authority_.save("leaf", leaf);
  files.ocsp_response = directory_.write("ocsp", current);
  EXPECT_TRUE(Certificate(files).warnings_at(std::chrono::system_clock::now()).empty());

  const auto stapled = [&](const CertificateFiles& served, bool asked) {
    SslPtr ssl = client_ssl();
    if (asked) SSL_set_tlsext_status_type(ssl.get(), TLSEXT_STATUSTYPE_ocsp);
    // The second one, so that it is found by its name.
    Pair pair(make_context({b_, served}), std::move(ssl), GetParam().step);
    pair.shake_hands();
    EXPECT_TRUE(pair.established());
    const unsigned char* octets = nullptr;
    const long size = SSL_get_tlsext_status_ocsp_resp(&pair.client.ssl(), &octets);
    return size > 0 ? std::string(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size)) : "";
  };
  EXPECT_EQ(stapled(files, true), current);
  EXPECT_EQ(stapled(files, false), "");
  EXPECT_EQ(stapled(a_, true), "");
  // Each of two for one name has its own response, or none.
  const CertificateFiles rsa =
      authority_.issue({.name = "rsa", .alternatives = "DNS:a.test", .rsa_bits = 2048});
  for (const bool is_rsa : {false, true}) {
    SslPtr ssl = client_ssl();
    test::expect_good(SSL_set1_sigalgs_list(ssl.get(), is_rsa ? "RSA-PSS+SHA256" : "ECDSA+SHA256") == 1);
    SSL_set_tlsext_status_type(ssl.get(), TLSEXT_STATUSTYPE_ocsp);
    Pair pair(make_context({files, rsa}), std::move(ssl), GetParam().step);
    pair.shake_hands();
    EXPECT_TRUE(pair.established());
    const unsigned char* octets = nullptr;
    EXPECT_EQ(SSL_get_tlsext_status_ocsp_resp(&pair.client.ssl(), &octets) > 0, !is_rsa);
  }

  const test::Identity other = authority_.identity({.name = "other", .alternatives = "DNS:b.test"});
  const std::pair<std::string, const char*> bad[] = {
      {respond(-3600), " is out of date"},
      {respond(7200, V_OCSP_CERTSTATUS_GOOD, nullptr, 3600), " is of the future"},
      {respond(7200, V_OCSP_CERTSTATUS_REVOKED), " calls it revoked"},
      {respond(7200, V_OCSP_CERTSTATUS_UNKNOWN), " calls it unknown"},
      {respond(7200, V_OCSP_CERTSTATUS_GOOD, other.certificate.get()), " says nothing of it"},
  };
  for (const auto& [response, says] : bad) {
    files.ocsp_response = directory_.write("bad", response);
    const auto warnings = Certificate(files).warnings_at(std::chrono::system_clock::now());
    ASSERT_EQ(warnings.size(), 1U) << says;
    EXPECT_TRUE(warnings.front().ends_with(says)) << warnings.front();
  }
}

// -- What is agreed on

TEST_P(SessionTest, AgreesOnTheApplicationProtocol) {
  const struct {
    std::string_view offered;  // In the wire's form.
    std::string_view chosen;
    bool good;
    bool http2 = false;  // We offer it.
  } rows[] = {
      {"\x08http/1.1", "http/1.1", true},
      {"\x02h2\x08http/1.1", "http/1.1", true},
      {"\x08http/1.0\x08http/1.1", "http/1.1", true},  // Our order counts.
      {"\x08http/1.0", "http/1.0", true},
      {"", "", true},
      {"\x02h2", "", false},
      {"\x08http/2.0\x03smb", "", false},
      {"\x02h2", "h2", true, true},
      {"\x08http/1.1\x02h2", "h2", true, true},
      {"\x08http/1.1", "http/1.1", true, true},
      {"\x08http/2.0\x03smb", "", false, true},
  };
  for (const auto& row : rows) {
    context_ = make_context({a_, b_}, {.http2 = row.http2});
    SslPtr ssl = client_ssl();
    SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(row.offered.data()),
                        static_cast<unsigned int>(row.offered.size()));
    const auto pair = this->pair(std::move(ssl));
    pair->shake_hands();
    EXPECT_EQ(pair->established(), row.good) << row.offered;
    const unsigned char* chosen = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(&pair->client.ssl(), &chosen, &size);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(chosen), size), row.chosen) << row.offered;
    if (row.good) {
      EXPECT_EQ(pair->server.application_protocol(), row.chosen) << row.offered;
    }
    if (!row.good) {
      EXPECT_EQ(pair->client.reason(), "tlsv1 alert no application protocol") << row.offered;
    }
  }
}

TEST_P(SessionTest, RefusesOlderVersionsThanItsLeast) {
  Pair pair(make_context({a_}, {.least = Version::k13}), client_ssl(), GetParam().step);
  pair.shake_hands();
  const bool good = GetParam().version == TLS1_3_VERSION;
  EXPECT_EQ(pair.established(), good);
  EXPECT_EQ(pair.server_result, good ? Result::kOk : Result::kFailed);
  if (!good) {
    EXPECT_EQ(pair.server.reason(), "unsupported protocol");
    EXPECT_EQ(pair.client.reason(), "tlsv1 alert protocol version");
  }
}

TEST_P(Session12Test, RefusesWhatIsOutOfDate) {
  const struct {
    const char* what;
    int version;
    const char* ciphers;
    const char* reason;
  } rows[] = {
      {"TLS 1.0", TLS1_VERSION, "ALL:@SECLEVEL=0", "unsupported protocol"},
      {"TLS 1.1", TLS1_1_VERSION, "ALL:@SECLEVEL=0", "unsupported protocol"},
      {"no forward secrecy", TLS1_2_VERSION, "kRSA", "no shared cipher"},
      {"CBC", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384", "no shared cipher"},
      {"no authentication", TLS1_2_VERSION, "aNULL:@SECLEVEL=0", "no shared cipher"},
      {"finite fields", TLS1_2_VERSION, "DHE", "no shared cipher"},
  };
  for (const auto& row : rows) {
    SslPtr ssl = client_ssl();
    SSL_set_min_proto_version(ssl.get(), row.version);
    SSL_set_max_proto_version(ssl.get(), row.version);
    ASSERT_EQ(SSL_set_cipher_list(ssl.get(), row.ciphers), 1) << row.what;
    const auto pair = this->pair(std::move(ssl));
    pair->shake_hands();
    EXPECT_EQ(pair->server_result, Result::kFailed) << row.what;
    EXPECT_EQ(pair->server.reason(), row.reason) << row.what;
    EXPECT_EQ(pair->client_result, Result::kFailed) << row.what;
  }
}

TEST_P(SessionTest, NeitherCompressesNorTakesEarlyData) {
  const auto pair = shaken();
  EXPECT_EQ(SSL_get_current_compression(&pair->server.ssl()), nullptr);
  EXPECT_EQ(SSL_SESSION_get_max_early_data(ticket_of(*pair).get()), 0U);
}

// -- Resumption

TEST_P(SessionTest, ResumesUntilItsTicketKeyIsGone) {
  for (const int rotations : {0, 1, 2, 3, 4}) {
    const auto first = shaken();
    const SessionPtr ticket = ticket_of(*first);
    ASSERT_EQ(SSL_SESSION_is_resumable(ticket.get()), 1);
    for (int i = 0; i < rotations; ++i) keys_.rotate();
    const auto second = resuming(ticket);
    EXPECT_EQ(second->server.resumed(), rotations < 3) << rotations;
    EXPECT_EQ(second->server.version(), first->server.version());
    ASSERT_TRUE(second->client.encrypt(std::string_view("again")));
    second->talk();
    EXPECT_EQ(second->server_got.readable(), "again");
  }
}

// Whoever comes again in time never has a full handshake.
TEST_P(SessionTest, ResumingRenewsTheTicket) {
  SessionPtr ticket = ticket_of(*shaken());
  for (int hour = 0; hour < 10; ++hour) {
    keys_.rotate();
    const auto next = resuming(ticket);
    EXPECT_TRUE(next->server.resumed()) << hour;
    ticket = ticket_of(*next);
  }
}

TEST_P(SessionTest, ResumesAfterNewCertificatesWereLoaded) {
  const SessionPtr ticket = ticket_of(*shaken());
  context_ = make_context({a_, b_});
  EXPECT_TRUE(resuming(ticket)->server.resumed());
}

TEST_P(SessionTest, DoesNotResumeWithKeysOfAnother) {
  const SessionPtr ticket = ticket_of(*shaken());
  TicketKeys others;
  context_ = std::make_shared<const ServerContext>(std::vector{a_, b_}, others);
  EXPECT_FALSE(resuming(ticket)->server.resumed());
}

// -- What is wrong on the wire

TEST_P(SessionTest, TellsWhenItsOwnPartIsFinished) {
  const bool tls13 = GetParam().version == TLS1_3_VERSION;
  struct Row {
    const char* what;
    const char* server_groups;
    bool retry;  // The first ClientHello is answered with a HelloRetryRequest (RFC 8446 4.1.4).
  };
  for (const Row& row : {Row{"the group the client begins with", "X25519:P-256", false},
                         Row{"another one", "P-384:P-256", tls13}}) {
    const auto pair = this->pair(client_ssl());
    // P-256 is the key's: TLS 1.2 wants it on the list as well.
    SSL_set1_groups_list(&pair->client.ssl(), "X25519:P-384:P-256");
    SSL_set1_groups_list(&pair->server.ssl(), row.server_groups);
    EXPECT_FALSE(pair->server.finished()) << row.what;
    EXPECT_EQ(pair->client.begin(), Result::kOk);
    pair->feed_server(Pair::take(pair->client));
    EXPECT_EQ(pair->server.finished(), tls13 && !row.retry) << row.what;
    pair->shake_hands();
    EXPECT_TRUE(pair->established() && pair->server.finished()) << row.what;
  }
}

TEST_P(SessionTest, TellsTextAndGarbageFromTls) {
  using namespace std::string_literals;
  const std::string hello = [this] {
    const auto pair = this->pair(client_ssl());
    pair->client_result = pair->client.begin();
    return Pair::take(pair->client);
  }();
  std::string empty_records;
  for (int i = 0; i < 50; ++i) empty_records += "\x16\x03\x01\0\0"s;
  std::string too_long = hello;
  too_long[6] = '\x7f';  // A hello of eight million octets.
  const struct {
    const char* what;
    std::string octets;
    Result result;
    bool alert;  // None where it is not even a record: the peer would not understand it.
  } rows[] = {
      {"nothing", "", Result::kOk, false},
      {"HTTP", "GET / HTTP/1.1\r\n\r\n", Result::kNotTls, false},
      {"a letter", "G", Result::kNotTls, false},
      {"SMTP", "ehlo x\r\n", Result::kNotTls, false},
      {"SSH", "SSH-2.0-x\r\n", Result::kNotTls, false},
      {"a line end", "\r\n\r\n\r\n", Result::kFailed, false},
      {"SOCKS5", "\x05\x01\0"s, Result::kFailed, false},
      {"zeros", std::string(300, '\0'), Result::kFailed, false},
      {"ones", std::string(300, '\xff'), Result::kFailed, false},
      {"record too long", "\x16\x03\x01\xff\xff"s + std::string(300, 'x'), Result::kFailed, true},
      {"empty records", empty_records, Result::kFailed, true},
      {"handshake of zeros", "\x16\x03\x01\0\x10"s + std::string(16, '\0'), Result::kFailed, true},
      {"data first", "\x17\x03\x03\0\x05hello"s, Result::kFailed, true},
      {"SSL 2", "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10"s + std::string(300, 'x'), Result::kFailed,
       true},
      {"another major version", "\x16\x09\x01\0\x10"s + std::string(16, 'x'), Result::kFailed, false},
      {"hello without an end", too_long, Result::kFailed, true},
      {"fatal alert", "\x15\x03\x01\0\x02\x02\x28"s, Result::kFailed, true},
      {"alert of an odd length", "\x15\x03\x01\0\x01\x02"s, Result::kFailed, true},
  };
  for (const auto& row : rows) {
    const auto pair = this->pair(client_ssl());
    pair->feed_server(row.octets);
    EXPECT_EQ(pair->server_result, row.result) << row.what;
    EXPECT_FALSE(pair->server.established());
    EXPECT_EQ(pair->server.reason().empty(), row.result != Result::kFailed) << row.what;
    if (row.result == Result::kNotTls) {
      EXPECT_EQ(pair->server.input().readable(), row.octets.substr(0, GetParam().step)) << row.what;
    }
    const std::string said = Pair::take(pair->server);
    EXPECT_EQ(!said.empty(), row.alert) << row.what;
    EXPECT_TRUE(said.empty() || said.front() == '\x15') << row.what;
    EXPECT_EQ(ERR_peek_error(), 0U) << row.what << " leaves an error in the thread's queue";
  }
}

TEST_P(SessionTest, TextIsTextAlsoAfterALookAtNothing) {
  const auto pair = this->pair(client_ssl());
  EXPECT_EQ(pair->server.decrypt(pair->server_got), Result::kOk);
  pair->feed_server("GET / HTTP/1.1\r\n");
  EXPECT_EQ(pair->server_result, Result::kNotTls);
}

// Whatever of the client's first flights has come: the server waits for the rest.
TEST_P(SessionTest, WaitsForTheRestOfARecord) {
  for (std::size_t missing = 1; missing < 600; missing += 7) {
    const auto pair = this->pair(client_ssl());
    pair->client_result = pair->client.begin();
    const std::string hello = Pair::take(pair->client);
    if (missing >= hello.size()) break;
    pair->feed_server(hello.substr(0, hello.size() - missing));
    EXPECT_EQ(pair->server_result, Result::kOk);
    EXPECT_FALSE(pair->server.established());
    EXPECT_TRUE(Pair::take(pair->server).empty());
    pair->feed_server(hello.substr(hello.size() - missing));
    pair->talk();
    EXPECT_TRUE(pair->established()) << missing;
  }
}

TEST_P(SessionTest, GivesNoOctetOfARecordThatIsNotWhole) {
  const auto pair = shaken();
  ASSERT_TRUE(pair->client.encrypt(std::string_view("secret")));
  const std::string wire = Pair::take(pair->client);
  pair->feed_server(std::string_view(wire).substr(0, wire.size() - 1));
  EXPECT_EQ(pair->server_result, Result::kOk);
  EXPECT_TRUE(pair->server_got.empty());
  pair->feed_server(wire.substr(wire.size() - 1));
  EXPECT_EQ(pair->server_got.readable(), "secret");
}

TEST_P(SessionTest, EndsWithAnAlertWhereARecordWasTamperedWith) {
  for (const std::size_t at : {0UL, 1UL, 3UL, 5UL, 10UL, 25UL}) {
    const auto pair = shaken();
    ASSERT_TRUE(pair->client.encrypt(std::string_view("secret")));
    std::string wire = Pair::take(pair->client);
    wire[std::min(at, wire.size() - 1)] ^= '\x40';
    pair->feed_server(wire + std::string(at == 3 ? 20'000 : 0, 'x'));  // Where its length was: longer.
    EXPECT_EQ(pair->server_result, Result::kFailed) << at;
    EXPECT_TRUE(pair->server_got.empty());
    EXPECT_FALSE(pair->server.output().empty()) << "an alert";
    EXPECT_FALSE(pair->server.encrypt(std::string_view("goes nowhere")));
    const std::size_t said = pair->server.output().size();
    pair->server.end();
    EXPECT_EQ(pair->server.output().size(), said) << "nothing follows an alert";
    pair->talk();
    EXPECT_EQ(pair->client_result, Result::kFailed);
  }
}

// An alert in place of each of the client's flights.
TEST_P(SessionTest, AnAlertEndsTheHandshakeAtEveryStage) {
  using namespace std::string_literals;
  for (const std::string& alert : {"\x15\x03\x03\0\x02\x02\x28"s, "\x15\x03\x03\0\x02\x01\0"s}) {
    for (int flights = 0; flights < 3; ++flights) {
      const auto pair = this->pair(client_ssl());
      pair->client_result = pair->client.begin();
      for (int i = 0; i < flights; ++i) {
        pair->feed_server(Pair::take(pair->client));
        pair->feed(Pair::take(pair->server), pair->client, pair->client_got, pair->client_result);
      }
      const bool established = pair->server.established();
      pair->feed_server(alert);
      // A handshake that has begun can be called off politely; what is in the clear cannot end an established
      // session.
      const bool fatal = alert[5] == '\x02' || flights == 0 || established;
      EXPECT_EQ(pair->server_result, fatal ? Result::kFailed : Result::kEnd) << flights;
      EXPECT_TRUE(pair->server_got.empty());
      pair->server.end();
    }
  }
}

TEST_P(Session12Test, DoesNotRenegotiate) {
  const auto pair = shaken();
  SSL_clear_options(&pair->client.ssl(), SSL_OP_NO_RENEGOTIATION);
  ASSERT_EQ(SSL_renegotiate(&pair->client.ssl()), 1);
  (void)SSL_do_handshake(&pair->client.ssl());
  ERR_clear_error();
  pair->feed_server(Pair::take(pair->client));
  EXPECT_EQ(pair->server_result, Result::kOk);
  EXPECT_TRUE(pair->server.established()) << "a warning is all there is";
  pair->talk();
  EXPECT_EQ(pair->client.reason(), "no renegotiation");
}

TEST_P(Session13Test, NewKeysWhileItGoesOn) {
  const auto pair = shaken();
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(SSL_key_update(&pair->client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_TRUE(pair->client.encrypt(std::string_view("x")));
    ASSERT_TRUE(pair->server.encrypt(std::string_view("y")));
    pair->talk();
  }
  EXPECT_EQ(pair->server_got.readable(), std::string(20, 'x'));
  EXPECT_EQ(pair->client_got.readable(), std::string(20, 'y'));
}

// Each is answered; the answers are bounded because they are no longer than what was read.
TEST_P(Session13Test, NewKeysOverAndOverCostNoMoreThanWasSent) {
  const auto pair = shaken();
  std::size_t sent = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(SSL_key_update(&pair->client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    (void)SSL_do_handshake(&pair->client.ssl());
    const std::string wire = Pair::take(pair->client);
    sent += wire.size();
    pair->feed_server(wire);
  }
  EXPECT_LE(pair->server.output().size(), sent);
}

}  // namespace
}  // namespace pollux::tls
