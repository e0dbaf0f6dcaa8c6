// Two sessions back to back: a client's and a server's, with strings between them.
#include "tls/session.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tls/support.h"
#include "tls/client_context.h"
#include "tls/server_context.h"

namespace pollux::tls {
namespace {

using Result = Session::Result;

// Both ends of a conversation. What one has for the wire goes to the other in pieces of `piece` octets.
class Conversation {
 public:
  Conversation(const std::shared_ptr<const ServerContext>& server_context, SslPtr client_ssl,
               std::size_t piece = 1 << 20)
      : server(server_context->make_ssl(), server_context),
        client(std::move(client_ssl), nullptr),
        piece_(piece) {}

  // Until neither has anything for the other. The last result of each that was not kOk stays.
  void run() {
    if (!begun_) note(client_result, client.begin());
    begun_ = true;
    while (!client.output().empty() || !server.output().empty()) {
      carry(client.output(), server, server_plain, server_result);
      carry(server.output(), client, client_plain, client_result);
    }
  }

  bool send(Session& from, std::string_view octets) {
    const bool good = from.encrypt({octets.data(), octets.size()});
    run();
    return good;
  }

  // As both should: a client that just drops a session does not resume it (SSL_shutdown(3)).
  void end() {
    server.end();
    client.end();
    run();
  }

  [[nodiscard]] bool established() const { return client.established() && server.established(); }

  Session server;
  Session client;
  Buffer server_plain;  // What came out at the server's end.
  Buffer client_plain;
  Result server_result = Result::kOk;
  Result client_result = Result::kOk;

 private:
  static void note(Result& result, Result latest) {
    if (result == Result::kOk) result = latest;
  }

  void carry(Buffer& from, Session& to, Buffer& plain, Result& result) const {
    while (!from.empty()) {
      const std::string octets(from.readable().substr(0, piece_));
      from.consume(octets.size());
      if (result != Result::kOk) continue;  // It does not listen any more.
      to.input().append(octets);
      note(result, to.decrypt(plain));
    }
  }

  std::size_t piece_;
  bool begun_ = false;
};

class SessionTest : public testing::Test {
 protected:
  std::shared_ptr<const ServerContext> server(std::vector<CertificateFiles> files,
                                              Version least = Version::k12) {
    return std::make_shared<const ServerContext>(files, least, keys_);
  }
  std::shared_ptr<const ServerContext> server() { return server({authority_.issue("a", "DNS:a.test")}); }

  SslPtr client(const std::string& host = "a.test") const { return trusting_.make_ssl(host); }
  SslPtr client(int version) const {
    SslPtr ssl = client();
    SSL_set_min_proto_version(ssl.get(), version);
    SSL_set_max_proto_version(ssl.get(), version);
    return ssl;
  }

  Authority authority_;
  TicketKeys keys_;
  ClientContext trusting_{{.ca_file = authority_.file()}};
};

class EveryVersion : public SessionTest, public testing::WithParamInterface<std::tuple<int, std::size_t>> {
 protected:
  [[nodiscard]] int version() const { return std::get<0>(GetParam()); }
  [[nodiscard]] std::size_t piece() const { return std::get<1>(GetParam()); }
};

TEST_P(EveryVersion, CarriesOctetsBothWaysAndEnds) {
  Conversation both(server(), client(version()), piece());
  both.run();
  ASSERT_TRUE(both.established()) << both.server.reason() << both.client.reason();
  EXPECT_EQ(both.server.version(), version() == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2");

  const std::string large(100'000, 'x');
  EXPECT_TRUE(both.send(both.client, "question"));
  EXPECT_TRUE(both.send(both.server, large));
  EXPECT_EQ(both.server_plain.readable(), "question");
  EXPECT_TRUE(both.client_plain.readable() == large);

  both.server.end();
  both.run();
  EXPECT_EQ(both.client_result, Result::kEnd);
  both.server.end();
  EXPECT_TRUE(both.server.output().empty()) << "it is said once";
  both.client.end();
  both.run();
  EXPECT_EQ(both.server_result, Result::kEnd);
}

TEST_P(EveryVersion, ResumesASessionWithATicket) {
  const auto context = server();
  Conversation first(context, client(version()), piece());
  first.run();
  first.end();
  const std::unique_ptr<SSL_SESSION, Freed<SSL_SESSION_free>> session(SSL_get1_session(&first.client.ssl()));

  // Keys that have encrypted decrypt for two more periods. New certificates do not matter.
  for (int rotations = 0; rotations < 4; ++rotations) {
    SslPtr ssl = client(version());
    SSL_set_session(ssl.get(), session.get());
    Conversation again(rotations == 1 ? server() : context, std::move(ssl), piece());
    again.run();
    EXPECT_TRUE(again.established());
    EXPECT_EQ(again.server.resumed(), rotations < 3) << rotations << " rotations later";
    again.end();
    keys_.rotate();
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, EveryVersion,
                         testing::Combine(testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                                          testing::Values(1, 1 << 20)),
                         [](const auto& row) {
                           return std::string(std::get<0>(row.param) == TLS1_2_VERSION ? "Tls12" : "Tls13") +
                                  (std::get<1>(row.param) == 1 ? "OctetByOctet" : "Whole");
                         });

TEST_F(SessionTest, TheLeastVersionIsTheServers) {
  const auto context = server({authority_.issue("a", "DNS:a.test")}, Version::k13);
  const struct {
    int version;
    bool good;
  } rows[] = {{TLS1_2_VERSION, false}, {TLS1_3_VERSION, true}};
  for (const auto& row : rows) {
    Conversation both(context, client(row.version));
    both.run();
    EXPECT_EQ(both.established(), row.good) << row.version;
    EXPECT_EQ(both.server_result, row.good ? Result::kOk : Result::kFailed);
  }
}

TEST_F(SessionTest, PresentsTheCertificateForTheNameTheClientAsksFor) {
  const auto context = server({authority_.issue("first", "DNS:first.test,IP:127.0.0.1"),
                               authority_.issue("second", "DNS:second.test,DNS:*.wild.test"),
                               authority_.issue("third", "DNS:second.test,DNS:third.test")});
  const struct {
    std::string host;
    std::string common_name;
    bool trusted;
  } rows[] = {
      {"first.test", "first", true},   {"second.test", "second", true}, {"a.wild.test", "second", true},
      {"third.test", "third", true},   {"127.0.0.1", "first", true},    {"a.b.wild.test", "first", false},
      {"nobody.test", "first", false}, {"127.0.0.2", "first", false},
  };
  const ClientContext anyone({.ca_file = {}, .verify = false});
  for (const auto& row : rows) {
    Conversation both(context, anyone.make_ssl(row.host));
    both.run();
    const X509Ptr shown(SSL_get1_peer_certificate(&both.client.ssl()));
    ASSERT_NE(shown, nullptr) << row.host;
    std::array<char, 64> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name.data(), name.size());
    EXPECT_EQ(name.data(), row.common_name) << row.host;

    Conversation careful(context, client(row.host));
    careful.run();
    EXPECT_EQ(careful.established(), row.trusted) << row.host;
    EXPECT_EQ(context->is_for(row.host), row.trusted) << row.host;
  }
}

TEST_F(SessionTest, AClientRefusesAnAuthorityItDoesNotKnow) {
  const Authority stranger;
  Conversation both(server({stranger.issue("a", "DNS:a.test")}), client());
  both.run();
  EXPECT_EQ(both.client_result, Result::kFailed);
  EXPECT_EQ(both.client.reason(), "certificate verify failed");
  EXPECT_EQ(both.server_result, Result::kFailed);
}

TEST_F(SessionTest, AgreesOnAProtocolOrRefuses) {
  const struct {
    std::string_view offered;  // In the wire's form.
    std::string_view chosen;
    bool good;
  } rows[] = {
      {"\x08http/1.1", "http/1.1", true},
      {"\x02h2\x08http/1.1", "http/1.1", true},
      {"\x08http/1.0", "http/1.0", true},
      {"\x02h2", "", false},
  };
  for (const auto& row : rows) {
    SslPtr ssl = client();
    SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(row.offered.data()),
                        static_cast<unsigned int>(row.offered.size()));
    Conversation both(server(), std::move(ssl));
    both.run();
    EXPECT_EQ(both.established(), row.good) << row.offered;
    const unsigned char* name = nullptr;
    unsigned int length = 0;
    SSL_get0_alpn_selected(&both.server.ssl(), &name, &length);
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(name), length), row.chosen);
  }
}

TEST_F(SessionTest, WhatIsNotTls) {
  const struct {
    std::string_view octets;
    Result result;
  } rows[] = {
      {"GET / HTTP/1.1\r\n", Result::kNotTls},
      {"G", Result::kNotTls},
      {"quit\r\n", Result::kNotTls},
      {"\x16\x03\x01", Result::kOk},  // The beginning of a record.
      {std::string_view("\0\0\0\0\0\0", 6), Result::kFailed},
      {"\xff\xff\xff\xff\xff\xff", Result::kFailed},
      {"\x16\x03\x01\xff\xff too long a record", Result::kFailed},
      {std::string_view("\x15\x03\x01\x00\x02\x02\x28", 7), Result::kFailed},  // An alert.
      {std::string_view("\x17\x03\x03\x00\x05hello", 10), Result::kFailed},    // Data before a handshake.
  };
  for (const auto& row : rows) {
    const auto context = server();
    Session session(context->make_ssl(), context);
    session.input().append(row.octets);
    Buffer plain;
    EXPECT_EQ(session.decrypt(plain), row.result) << testing::PrintToString(row.octets);
    EXPECT_TRUE(plain.empty());
    if (row.result == Result::kNotTls) {
      EXPECT_EQ(session.input().readable(), row.octets) << "it is still there to be looked at";
    }
    EXPECT_EQ(row.result == Result::kFailed, !session.reason().empty());
    session.end();  // Nothing to be ended, and no harm.
  }
}

TEST_F(SessionTest, ADamagedRecordIsTheEnd) {
  Conversation both(server(), client());
  both.run();
  const std::string_view secret = "secret";
  ASSERT_TRUE(both.client.encrypt({secret.data(), secret.size()}));
  std::string record(both.client.output().readable());
  both.client.output().consume(record.size());
  record.back() = static_cast<char>(record.back() ^ 1);
  both.server.input().append(record);
  EXPECT_EQ(both.server.decrypt(both.server_plain), Result::kFailed);
  EXPECT_TRUE(both.server_plain.empty());
  EXPECT_FALSE(both.server.output().empty()) << "an alert tells the client";
  EXPECT_FALSE(both.server.encrypt({secret.data(), secret.size()}));
}

TEST_F(SessionTest, RenegotiationIsRefused) {
  Conversation both(server(), client(TLS1_2_VERSION));
  both.run();
  ASSERT_TRUE(both.established());
  SSL_clear_options(&both.client.ssl(), SSL_OP_NO_RENEGOTIATION);
  EXPECT_EQ(SSL_renegotiate(&both.client.ssl()), 1);
  (void)SSL_do_handshake(&both.client.ssl());
  both.run();
  EXPECT_EQ(both.client.reason(), "no renegotiation");
  EXPECT_NE(both.server.reason(), "") << "the client has given up";
}

TEST_F(SessionTest, AnIdleSessionHoldsNoBuffers) {
  Conversation both(server(), client());
  both.run();
  both.send(both.client, "question");
  both.server.release();
  EXPECT_EQ(both.server.input().capacity(), 0U);
  EXPECT_EQ(both.server.output().capacity(), 0U);
  EXPECT_TRUE(both.send(both.client, " and another"));
  EXPECT_EQ(both.server_plain.readable(), "question and another");
}

TEST_F(SessionTest, AContextLivesAsLongAsItsSessions) {
  auto context = server();
  const std::weak_ptr<const ServerContext> watched = context;
  {
    Conversation both(context, client());
    context.reset();
    both.run();
    EXPECT_TRUE(both.established());
    EXPECT_FALSE(watched.expired());
  }
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace pollux::tls
