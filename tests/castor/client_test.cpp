// One client against a peer that does what the test says, step by step.
#include "castor/client.h"

#include <csignal>
#include <iterator>

#include "client_fixture.h"

namespace pollux::castor {
namespace {

const std::string kHello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const std::string kHelloAndClose = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";

TEST_F(ClientTest, SendsARequestAndCountsItsResponse) {
  options_.requests = 1;
  begin();
  ScriptedPeer peer = accept_request();
  EXPECT_EQ(peer.received(), origin_.requests.front().octets);
  advance(milliseconds(3));
  peer.write(kHello.substr(0, 10));
  until([&] { return tally().first_octet.count() == 1; });
  advance(milliseconds(4));
  peer.write(kHello.substr(10));
  until_counted(1);
  EXPECT_EQ(outcome(), "1 good");
  EXPECT_EQ(tally().first_octet.max(), 3'000'000U);
  EXPECT_EQ(tally().latency.max(), 7'000'000U);
  EXPECT_EQ(tally().octets, 5U);
  EXPECT_EQ(tally().wire_octets, kHello.size());
  EXPECT_EQ(tally().opened, 1U);
  EXPECT_TRUE(schedule_->finished(now_));
}

TEST_F(ClientTest, AKeptConnectionServesAllRequestsInTurn) {
  options_.requests = 5;
  origin_.requests = {{"GET /a HTTP/1.1\r\n\r\n"}, {"GET /b HTTP/1.1\r\n\r\n"}};
  begin();
  ScriptedPeer peer = accept();
  for (std::size_t i = 1; i <= 5; ++i) {
    until([&] { return peer.requests() == i; });
    peer.write(kHello);
  }
  until_counted(5);
  std::string expected;
  for (std::size_t i = 0; i < 5; ++i) expected += origin_.requests[i % 2].octets;
  EXPECT_EQ(peer.received(), expected);
  EXPECT_EQ(outcome(), "5 good");
  EXPECT_EQ(tally().opened, 1U);
}

TEST_F(ClientTest, ResponsesMayComeOctetByOctet) {
  const std::string responses =
      kHello + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  options_.requests = 2;
  options_.pipeline = 2;
  begin();
  ScriptedPeer peer = accept();
  until([&] { return peer.requests() == 2; });
  std::uint64_t events = 0;
  std::string line;
  for (const char octet : responses) {
    peer.write({&octet, 1});
    line += octet;
    // Octets of an incomplete line are counted with the line, and a field with the octet after it: it may be
    // folded.
    const bool counts = octet == '\n' && line.find(": ") == std::string::npos;
    until([&] { return tally().wire_octets > events || !counts; });
    events = tally().wire_octets;
    if (octet == '\n') line.clear();
  }
  until_counted(2);
  EXPECT_EQ(outcome(), "2 good");
  EXPECT_EQ(tally().octets, 10U);
  EXPECT_EQ(tally().wire_octets, responses.size());
}

TEST_F(ClientTest, PipelinedRequestsAreSentTogether) {
  options_.requests = 6;
  options_.pipeline = 4;
  begin();
  ScriptedPeer peer = accept();
  until([&] { return peer.requests() == 4; });
  EXPECT_EQ(schedule_->over(), false);
  peer.write(kHello + kHello + kHello + kHello);
  until([&] { return peer.requests() == 6; });  // Those that are left.
  EXPECT_EQ(counted(), 4U);
  peer.write(kHello + kHello);
  until_counted(6);
  EXPECT_EQ(outcome(), "6 good");
  EXPECT_EQ(tally().opened, 1U);
}

TEST_F(ClientTest, PipelinedRequestsBehindAClosingResponseGoToTheNextConnection) {
  options_.requests = 3;
  options_.pipeline = 3;
  begin();
  ScriptedPeer first = accept();
  until([&] { return first.requests() == 3; });
  first.write(kHelloAndClose);
  until_counted(1);
  first.close();
  ScriptedPeer second = accept();
  until([&] { return second.requests() == 2; });
  second.write(kHello + kHello);
  until_counted(3);
  EXPECT_EQ(outcome(), "3 good");
  EXPECT_EQ(tally().opened, 2U);
}

TEST_F(ClientTest, AMalformedResponseFailsAllThatWereSent) {
  options_.requests = 3;
  options_.pipeline = 3;
  begin();
  ScriptedPeer peer = accept();
  until([&] { return peer.requests() == 3; });
  peer.write(kHello + "nonsense\r\n\r\n");
  until_counted(3);
  EXPECT_EQ(outcome(), "1 good, 2 receive protocol");
}

// More than the socket buffers of both sides take.
std::string large_request() {
  const std::string body(32 << 20, 'x');
  return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(ClientTest, AHalfSentRequestGoesOn) {
  options_.requests = 1;
  origin_.requests = {{large_request()}};
  begin();
  ScriptedPeer peer = accept();
  until([&] { return peer.received().size() == origin_.requests.front().octets.size(); });
  EXPECT_TRUE(peer.received() == origin_.requests.front().octets);
  peer.write(kHello);
  until_counted(1);
  EXPECT_EQ(outcome(), "1 good");
}

TEST_F(ClientTest, AnEarlyResponseEndsTheConnection) {
  options_.requests = 2;
  origin_.requests = {{large_request()}, {"GET / HTTP/1.1\r\n\r\n"}};
  begin();
  ScriptedPeer first = accept();
  first.write(kHello);  // Before the request is sent whole, and it would keep the connection.
  until_counted(1);
  EXPECT_TRUE(turn());
  ScriptedPeer second = accept_request();
  EXPECT_TRUE(first.ended());
  EXPECT_EQ(second.received(), origin_.requests.back().octets);
  second.write(kHello);
  until_counted(2);
  EXPECT_EQ(outcome(), "2 good");
  EXPECT_EQ(tally().first_octet.count(), 1U) << "the first response came before its request was sent";
}

TEST_F(ClientTest, WithoutKeepAliveEachRequestHasItsConnection) {
  options_.requests = 3;
  options_.keep_alive = false;
  begin();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    ScriptedPeer peer = accept_request();
    peer.write(kHelloAndClose);
    until_counted(i);
    EXPECT_FALSE(turn());
  }  // The peer closes, and the client goes on.
  EXPECT_EQ(outcome(), "3 good");
  EXPECT_EQ(tally().opened, 3U);
}

// RFC 9112 9.6: a client that has asked for the end closes. The peers here would keep the connection.
TEST_F(ClientTest, AServerThatAnnouncesNoEndIsNotWaitedFor) {
  const char* const responses[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      "HTTP/1.1 204 No\r\n\r\n",
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
  };
  options_.requests = std::size(responses);
  options_.keep_alive = false;
  begin();
  std::uint64_t served = 0;
  for (const char* response : responses) {
    ScriptedPeer peer = accept_request();
    peer.write(response);
    until_counted(++served);
    until([&] { return peer.ended(); });
    EXPECT_TRUE(turn()) << "the clock stands still: it goes on at once";
  }
  EXPECT_EQ(outcome(), "4 good");
  EXPECT_EQ(tally().opened, 4U);
}

TEST_F(ClientTest, AServerThatDoesNotCloseIsNotWaitedForForever) {
  options_.requests = 2;
  options_.keep_alive = false;
  begin();
  ScriptedPeer first = accept_request();
  first.write(kHelloAndClose);
  until_counted(1);
  advance(milliseconds(100));
  client_->check_time(now_);
  EXPECT_TRUE(is_nobody_waiting());
  EXPECT_FALSE(first.ended());
  advance(Nanoseconds(1));
  client_->check_time(now_);
  until([&] { return first.ended(); });
  ScriptedPeer second = accept_request();
  second.write(kHello);
  until_counted(2);
  EXPECT_EQ(outcome(), "2 good");
}

// --- Connections that end ------------------------------------------------------------------------------

struct EndCase {
  const char* name;
  int served;            // Requests the connection has served before.
  const char* octets;    // Of the response that is cut,
  bool reset;            // by this or by the orderly end.
  const char* expected;  // If it is sent again, the second time goes well.
  std::uint64_t connections;
};

TEST_F(ClientTest, ARequestWhoseKeptConnectionEndsIsSentOnceMore) {
  const EndCase cases[] = {
      {"kept, closed without a word", 1, "", false, "2 good", 2},
      {"kept, closed in the midst", 1, "HTTP/1.1 2", false, "1 good, 1 receive closed", 1},
      {"kept, reset", 1, "", true, "1 good, 1 receive reset", 1},
      {"new, closed without a word", 0, "", false, "0 good, 1 receive closed", 1},
      {"new, closed in the midst", 0, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1", false,
       "0 good, 1 receive closed", 1},
      {"new, reset", 0, "", true, "0 good, 1 receive reset", 1},
      {"new, closed at the end of the body", 0, "HTTP/1.1 200 OK\r\n\r\nhello", false, "1 good", 1},
  };
  for (const EndCase& test : cases) {
    SCOPED_TRACE(test.name);
    const auto requests = static_cast<std::uint64_t>(test.served) + 1;
    options_.requests = requests;
    begin();
    ScriptedPeer peer = accept();
    for (std::uint64_t i = 1; i <= requests; ++i) {
      until([&] { return peer.requests() == i; });
      if (i < requests) peer.write(kHello);
    }
    peer.write(test.octets);
    if (test.reset) {
      peer.reset();
    } else {
      peer.close();
    }
    if (test.connections == 2) {
      ScriptedPeer second = accept_request();
      second.write(kHello);
      until_counted(requests);
    }
    until_counted(requests);
    EXPECT_EQ(outcome(), test.expected);
    EXPECT_EQ(tally().opened, test.connections);
    EXPECT_TRUE(schedule_->next(now_) == std::nullopt && schedule_->finished(now_)) << "counted once";
  }
}

TEST_F(ClientTest, ARequestIsSentAgainOnlyOnce) {
  options_.requests = 2;
  begin();
  ScriptedPeer first = accept_request();
  first.write(kHello);
  until([&] { return first.requests() == 2; });
  first.close();
  ScriptedPeer second = accept_request();
  second.close();
  until_counted(2);
  EXPECT_EQ(outcome(), "1 good, 1 receive closed");
  EXPECT_TRUE(is_nobody_waiting());
}

TEST_F(ClientTest, AfterAFailureItComesBackALittleLater) {
  options_.requests = 2;
  begin();
  ScriptedPeer first = accept_request();
  first.reset();
  until_counted(1);
  advance(milliseconds(10) - Nanoseconds(1));
  EXPECT_FALSE(turn());
  advance(Nanoseconds(1));
  EXPECT_TRUE(turn());
  ScriptedPeer second = accept_request();
  second.write(kHello);
  until_counted(2);
  EXPECT_EQ(outcome(), "1 good, 1 receive reset");
}

TEST_F(ClientTest, NobodyListens) {
  options_.requests = 1;
  stop_listening();
  begin();
  until_counted(1);
  EXPECT_EQ(outcome(), "0 good, 1 connect refused");
  EXPECT_EQ(tally().opened, 0U);
}

TEST_F(ClientTest, AResponseLongerThanAnnouncedFails) {
  const char* const cases[] = {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world",
                               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nhello",
                               "HTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\nhello"};
  for (const char* response : cases) {
    options_.requests = 1;
    begin();
    ScriptedPeer peer = accept_request();
    peer.write(response);
    until_counted(1);
    EXPECT_EQ(outcome(), "0 good, 1 receive protocol") << response;
    EXPECT_TRUE(peer.ended());
  }
}

TEST_F(ClientTest, OctetsThatNobodyAskedForEndTheConnection) {
  options_.requests = 1;
  begin();
  ScriptedPeer peer = accept_request();
  peer.write(kHello);
  until_counted(1);
  peer.write("more");
  until([&] { return peer.ended(); });
  EXPECT_EQ(outcome(), "1 good");
  EXPECT_EQ(tally().octets, 5U);
}

// --- Time ----------------------------------------------------------------------------------------------

TEST_F(ClientTest, ARequestHasATimeout) {
  options_.requests = 1;
  options_.timeout = Seconds(2);
  begin();
  ScriptedPeer peer = accept_request();
  peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel");
  until([&] { return tally().wire_octets == 41; });
  advance(std::chrono::seconds(2));
  client_->check_time(now_);
  EXPECT_EQ(counted(), 0U);
  advance(Nanoseconds(1));
  client_->check_time(now_);
  EXPECT_EQ(outcome(), "0 good, 1 receive timeout");
  EXPECT_EQ(tally().octets, 3U) << "the server has sent them";
}

TEST_F(ClientTest, ARequestThatIsNotTakenHasATimeout) {
  options_.requests = 1;
  options_.timeout = Seconds(2);
  origin_.requests = {{large_request()}};
  begin();
  ScriptedPeer peer = accept();
  advance(milliseconds(2001));
  client_->check_time(now_);
  EXPECT_EQ(outcome(), "0 good, 1 send timeout");
}

TEST_F(ClientTest, AtTheEndOfTheRunWhatIsUnfinishedHasFailed) {
  options_.requests = 2;
  options_.pipeline = 2;
  begin();
  ScriptedPeer peer = accept();
  until([&] { return peer.requests() == 2; });
  peer.write(kHello);
  until_counted(1);
  peer.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel");
  until([&] { return tally().wire_octets == kHello.size() + 41; });
  client_->abandon(now_);
  EXPECT_EQ(outcome(), "1 good, 1 receive timeout");
  EXPECT_EQ(tally().octets, 5U + 3U) << "what came of the second, too";
  until([&] { return peer.ended(); });
}

TEST_F(ClientTest, OpenLoopSendsWhatIsDueAndNoMore) {
  options_.rate = 10;
  options_.pipeline = 4;
  begin();
  ScriptedPeer peer = accept_request();  // The one that is due at once; the client waits for the next.
  peer.write(kHello);
  until_counted(1);
  EXPECT_EQ(schedule_->take_free(now_), std::nullopt);
  advance(milliseconds(102));
  ASSERT_EQ(schedule_->take_free(now_), 0U);
  client_->on_due(now_);
  until([&] { return peer.requests() == 2; });
  peer.write(kHello);
  until_counted(2);
  EXPECT_EQ(tally().lateness.max(), 2'000'000U) << "a client was free";
  EXPECT_EQ(tally().latency.max(), 2'000'000U) << "it counts from when it was due";
  EXPECT_EQ(tally().service.max(), 0U);
}

// --- Other ways ----------------------------------------------------------------------------------------

TEST_F(ClientTest, NotWaitingForResponses) {
  options_.requests = 2;
  options_.force = true;
  options_.keep_alive = false;
  begin();
  ScriptedPeer first = accept();
  until_counted(1);
  until([&] { return first.ended(); });
  EXPECT_EQ(first.received(), origin_.requests.front().octets);
  EXPECT_TRUE(turn());
  ScriptedPeer second = accept();
  until_counted(2);
  EXPECT_EQ(outcome(), "2 good");
}

TEST_F(ClientTest, Http09) {
  options_.requests = 4;
  options_.version = HttpVersion::k09;
  options_.keep_alive = false;
  origin_.requests = {{"GET /\r\n"}};
  begin();
  ScriptedPeer bare = accept();
  until([&] { return bare.received() == "GET /\r\n"; });
  bare.write("hel");
  until([&] { return tally().wire_octets == 3; });
  bare.write("lo");
  bare.close();
  until_counted(1);
  ScriptedPeer modern = accept();
  until([&] { return modern.received() == "GET /\r\n"; });
  modern.write("HT");
  until([&] { return tally().first_octet.count() == 2; });
  modern.write("TP/1.0 404 No\r\n\r\nnot here");
  modern.close();
  until_counted(2);
  ScriptedPeer brief = accept();
  until([&] { return brief.received() == "GET /\r\n"; });
  brief.write("HTTP");  // All there is: no head, after all.
  brief.close();
  until_counted(3);
  ScriptedPeer keeping = accept();
  until([&] { return keeping.received() == "GET /\r\n"; });
  keeping.write(kHello);  // With a head that keeps the connection, which HTTP/0.9 cannot.
  until_counted(4);
  EXPECT_TRUE(turn());
  EXPECT_EQ(outcome(), "3 good, 1 response status");
  EXPECT_EQ(tally().octets, 22U);
}

TEST_F(ClientTest, AHeldConnectionSendsNothingAndIsLostWhenItEnds) {
  options_.clients = 0;
  options_.idle = 1;
  begin();
  ScriptedPeer peer = accept();
  until([&] { return client_->holds(); });
  EXPECT_EQ(tally().opened, 1U);
  EXPECT_EQ(peer.received(), "");
  peer.close();
  until([&] { return tally().lost == 1; });
  EXPECT_FALSE(client_->holds());
  EXPECT_EQ(counted(), 0U);
}

TEST_F(ClientTest, AHeldConnectionThatIsRefused) {
  options_.clients = 0;
  options_.idle = 1;
  stop_listening();
  begin();
  until([&] { return !tally().named_errors().empty(); });
  EXPECT_EQ(outcome(), "0 good, 1 connect refused");
  EXPECT_EQ(counted(), 0U) << "it was no request";
}

// --- TLS -----------------------------------------------------------------------------------------------

class ClientTlsTest : public ClientTest {
 protected:
  ClientTlsTest() {
    (void)std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes for the peer.
    origin_.https = true;
    options_.ca_file = identity_.file();
  }
  ScriptedPeer accept_tls() { return accept(identity_.context()); }

  client::TestIdentity identity_;
};

TEST_F(ClientTlsTest, RequestsAndResponses) {
  options_.requests = 4;
  options_.pipeline = 2;
  begin();
  ScriptedPeer peer = accept_tls();
  for (std::size_t i = 2; i <= 4; i += 2) {
    until([&] { return peer.requests() == i; });
    peer.write(kHello + kHello);
  }
  until_counted(4);
  EXPECT_EQ(outcome(), "4 good");
  EXPECT_EQ(tally().tls.count(), 1U);
  EXPECT_EQ(tally().resumed, 0U);
}

TEST_F(ClientTlsTest, SessionsAreResumed) {
  options_.requests = 3;
  options_.keep_alive = false;
  options_.resume = true;
  begin();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    ScriptedPeer peer = accept_tls();
    until([&] { return peer.requests() == 1; });
    peer.write(kHello);
    until_counted(i);
    until([&] { return peer.ended(); });
    EXPECT_TRUE(turn());
  }
  EXPECT_EQ(outcome(), "3 good");
  EXPECT_EQ(tally().resumed, 2U);
}

TEST_F(ClientTlsTest, OnlyAnOrderlyEndEndsABody) {
  for (const bool orderly : {true, false}) {
    options_.requests = 1;
    begin();
    ScriptedPeer peer = accept_tls();
    until([&] { return peer.requests() == 1; });
    peer.write("HTTP/1.1 200 OK\r\n\r\nhello");
    if (orderly) peer.end_tls();
    peer.close();
    until_counted(1);
    EXPECT_EQ(outcome(), orderly ? "1 good" : "0 good, 1 receive closed");
  }
}

TEST_F(ClientTlsTest, CertificatesAreVerified) {
  options_.requests = 1;
  options_.ca_file.clear();
  begin();
  ScriptedPeer peer = accept_tls();
  until([&] {
    (void)peer.received();
    return counted() == 1;
  });
  EXPECT_EQ(outcome(), "0 good, 1 tls certificate");
}

TEST_F(ClientTlsTest, AServerThatDoesNotSpeakIt) {
  options_.requests = 1;
  begin();
  ScriptedPeer peer = accept();
  peer.write("HTTP/1.1 400 Bad\r\n\r\n");
  until_counted(1);
  EXPECT_EQ(outcome(), "0 good, 1 tls protocol");
}

// 256 connections are opened at a time. A handshake that nobody waits for is a part of that.
TEST_F(ClientTlsTest, AHeldConnectionIsBeingOpenedUntilItsHandshakeIsOver) {
  struct Case {
    const char* end;
    std::function<void(ScriptedPeer&)> act;
  };
  const Case cases[] = {
      {"established", [](ScriptedPeer& peer) { (void)peer.received(); }},
      {"closed", [](ScriptedPeer& peer) { peer.close(); }},
  };
  for (const Case& one : cases) {
    options_.clients = 0;
    options_.idle = 1;
    begin();
    schedule_->connecting(Schedule::kMaxConnecting - 1);
    ScriptedPeer peer = accept_tls();
    until([&] { return tally().opened == 1; });
    schedule_->later(0, now_);
    EXPECT_FALSE(schedule_->take_waiting(now_)) << one.end;
    until([&] {
      one.act(peer);
      return client_->holds() || !tally().named_errors().empty();
    });
    EXPECT_TRUE(schedule_->take_waiting(now_)) << one.end;
  }
}

TEST_F(ClientTlsTest, AHandshakeHasATimeout) {
  options_.requests = 1;
  options_.timeout = Seconds(2);
  begin();
  ScriptedPeer peer = accept();
  until([&] { return !peer.received().empty(); });
  advance(milliseconds(2001));
  client_->check_time(now_);
  EXPECT_EQ(outcome(), "0 good, 1 tls timeout");
}

}  // namespace
}  // namespace pollux::castor
