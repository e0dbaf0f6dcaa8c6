// A client that speaks HTTP/2 against a peer that does what the test says: what its requester does not know,
// the connection, is looked at here.
#include <csignal>

#include "client_fixture.h"
#include "tests/client/frames.h"

namespace pollux::castor {
namespace {

using namespace frames;

class ClientHttp2Test : public ClientTest {
 protected:
  ClientHttp2Test() {
    options_.version = HttpVersion::k2;
    options_.streams = 2;
    origin_.requests = {
        {.octets = {},
         .fields = {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}}}};
  }

  // Until it has sent this to the peer: "HEADERS 1, HEADERS 3".
  void until_sent(ScriptedPeer& peer, const std::string& summary) {
    until([&] { return summary_of(frames_of(peer.received())) == summary; });
  }
};

TEST_F(ClientHttp2Test, RequestsAndAnswers) {
  options_.requests = 5;
  begin();
  ScriptedPeer peer = accept();
  until_sent(peer, "HEADERS 1, HEADERS 3");
  EXPECT_TRUE(peer.received().starts_with(kPreface));
  const std::string octets = settings() + hello(3);
  peer.write(octets.substr(0, 12));
  peer.write(octets.substr(12));
  until_sent(peer, "HEADERS 1, HEADERS 3, HEADERS 5");
  peer.write(hello(1) + hello(5));
  until_sent(peer, "HEADERS 1, HEADERS 3, HEADERS 5, HEADERS 7, HEADERS 9");
  peer.write(hello(9) + hello(7));
  until_counted(5);
  EXPECT_EQ(outcome(), "5 good");
  EXPECT_EQ(tally().opened, 1U);
  EXPECT_TRUE(schedule_->next(now_) == std::nullopt && schedule_->finished(now_));
}

TEST_F(ClientHttp2Test, WhatTheServerSaysIsAnsweredWithoutARequest) {
  options_.rate = 0.001;  // None is due for long.
  begin();
  ScriptedPeer peer = accept();
  until_sent(peer, "HEADERS 1");
  peer.write(settings() + hello(1) + frame(NGHTTP2_PING, 0, 0, "01234567"));
  until([&] {
    const auto frames = frames_of(peer.received());
    return frames.back().type == NGHTTP2_PING && frames.back().payload == "01234567";
  });
}

TEST_F(ClientHttp2Test, AfterGoawayTheNextConnection) {
  options_.requests = 4;
  begin();
  ScriptedPeer first = accept();
  until_sent(first, "HEADERS 1, HEADERS 3");
  first.write(settings() + goaway(1, NGHTTP2_NO_ERROR) + hello(1));
  until([&] { return first.ended(); });
  EXPECT_TRUE(turn());
  ScriptedPeer second = accept();
  until_sent(second, "HEADERS 1");
  second.write(settings());
  until_sent(second, "HEADERS 1, HEADERS 3");
  second.write(hello(1));
  until_sent(second, "HEADERS 1, HEADERS 3, HEADERS 5");
  second.write(hello(3) + hello(5));
  until_counted(4);
  EXPECT_EQ(outcome(), "4 good");
  EXPECT_EQ(tally().opened, 2U);
}

TEST_F(ClientHttp2Test, ALostConnectionCostsItsStreams) {
  for (const bool reset : {false, true}) {
    options_.requests = 3;
    begin();
    ScriptedPeer first = accept();
    until_sent(first, "HEADERS 1, HEADERS 3");
    if (reset) {
      first.reset();
    } else {
      first.close();
    }
    until_counted(2);
    EXPECT_EQ(outcome(), reset ? "0 good, 2 receive reset" : "0 good, 2 receive closed");
    advance(milliseconds(10));
    EXPECT_TRUE(turn());
    ScriptedPeer second = accept();
    until_sent(second, "HEADERS 1");
    second.write(settings() + hello(1));
    until_counted(3);
  }
}

TEST_F(ClientHttp2Test, StreamsThatTimeOutAreResetAndReplaced) {
  options_.timeout = Seconds(2);
  begin();
  ScriptedPeer peer = accept();
  until_sent(peer, "HEADERS 1, HEADERS 3");
  advance(milliseconds(2001));
  client_->check_time(now_);
  EXPECT_EQ(outcome(), "0 good, 2 receive timeout");
  until_sent(peer, "HEADERS 1, HEADERS 3, RST_STREAM 1, RST_STREAM 3, HEADERS 5, HEADERS 7");
}

TEST_F(ClientHttp2Test, OpenLoopSendsWhatIsDueOnStreamsThatAreFree) {
  options_.rate = 10;
  begin();
  ScriptedPeer peer = accept();
  until_sent(peer, "HEADERS 1");
  peer.write(settings());
  advance(milliseconds(102));
  ASSERT_EQ(schedule_->take_free(now_), 0U);
  client_->on_due(now_);
  until_sent(peer, "HEADERS 1, HEADERS 3");
  advance(milliseconds(100));
  EXPECT_EQ(schedule_->take_free(now_), std::nullopt) << "both are in use";
  peer.write(hello(3));  // And the third, which was due 2 ms ago, takes the place.
  until_sent(peer, "HEADERS 1, HEADERS 3, HEADERS 5");
  peer.write(hello(5));
  until_counted(2);
  EXPECT_EQ(tally().latency.max(), 102'000'000U) << "of the second; the third waited for 2 ms";
  EXPECT_EQ(tally().lateness.max(), 2'000'000U);
}

// --- TLS -----------------------------------------------------------------------------------------------

enum class Agreement : std::uint8_t { kHttp2, kNone, kRefusal };

int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void* agreement) {
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(offered), offered_length), "\x02h2");
  static constexpr std::string_view kHttp2 = "h2";
  switch (*static_cast<const Agreement*>(agreement)) {
    case Agreement::kHttp2:
      *out = reinterpret_cast<const unsigned char*>(kHttp2.data());
      *length = 2;
      return SSL_TLSEXT_ERR_OK;
    case Agreement::kRefusal: return SSL_TLSEXT_ERR_ALERT_FATAL;
    case Agreement::kNone: break;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

TEST_F(ClientHttp2Test, UnderTlsItIsAgreedUpon) {
  (void)std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes for the peer.
  const client::TestIdentity identity;
  origin_.https = true;
  options_.ca_file = identity.file();
  options_.requests = 1;
  for (Agreement agreement : {Agreement::kHttp2, Agreement::kNone, Agreement::kRefusal}) {
    SSL_CTX_set_alpn_select_cb(identity.context(), choose_protocol, &agreement);
    begin();
    ScriptedPeer peer = accept(identity.context());
    if (agreement == Agreement::kHttp2) {
      until_sent(peer, "HEADERS 1");
      peer.write(settings() + hello(1));
    }
    until([&] {
      (void)peer.received();
      return counted() == 1;
    });
    EXPECT_EQ(outcome(), agreement == Agreement::kHttp2 ? "1 good" : "0 good, 1 tls no h2");
    EXPECT_EQ(tally().tls.count(), agreement == Agreement::kHttp2 ? 1U : 0U);
  }
}

}  // namespace
}  // namespace pollux::castor
