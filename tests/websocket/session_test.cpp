// Sessions, without sockets: octets in, octets out.
#include "websocket/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/websocket/client_frames.h"
#include "websocket/chat.h"
#include "websocket/hub.h"

namespace pollux::websocket {
namespace {

using test::client_frame;
using Next = net::Protocol::Next;
using std::chrono::seconds;

// Notes what it is told, and sends every text back. "throw" throws.
class Handler final : public MessageHandler {
 public:
  void on_open(const PeerPtr& peer) override {
    peers.push_back(peer);
    heard += "open ";
  }
  void on_message(const PeerPtr& peer, const Message& message) override {
    heard += std::string(message.payload) + " ";
    if (message.payload == "throw") throw std::runtime_error("oops");
    peer->send(message);
  }
  void on_close(const PeerPtr& /*peer*/, CloseCode code) override {
    heard += std::to_string(static_cast<int>(code));
  }

  std::vector<PeerPtr> peers;
  std::string heard;
};

class SessionTest : public testing::Test {
 protected:
  // What the session says to these octets, at this time.
  std::string say(std::string_view octets, bool overdue = false) {
    in_.append(octets);
    step_ =
        session_.on_input({.in = in_, .out = out_, .end_of_input = false, .now = now_, .overdue = overdue});
    return drain();
  }

  std::string drain() {
    std::string said(out_.size(), '\0');
    const std::size_t taken = said.empty() ? 0 : out_.take(said).value_or(0);
    EXPECT_EQ(taken, said.size());
    return said;
  }

  SessionOptions options_{.limits = {}, .outbox = 100, .ping_after = seconds(30)};
  Handler handler_;
  Now now_ = Now::read();
  Buffer in_;
  OutputQueue out_;
  net::Protocol::Step step_;
  Session session_{options_, handler_, std::nullopt, "192.0.2.1"};
};

TEST_F(SessionTest, MessagesThereAndBack) {
  EXPECT_EQ(say(""), "");
  EXPECT_EQ(step_.phase, net::Phase::kOpen);
  EXPECT_EQ(say(client_frame(Opcode::kText, "hello") + client_frame(Opcode::kText, "again")),
            make_frame(Opcode::kText, "hello") + make_frame(Opcode::kText, "again"));
  EXPECT_EQ(say(client_frame(Opcode::kPing, "p")), make_frame(Opcode::kPong, "p"));
  EXPECT_EQ(say(client_frame(Opcode::kPong, "unasked")), "");
  EXPECT_EQ(say(client_frame(Opcode::kClose, "\x03\xE8")), make_close_frame(CloseCode::kNormal, ""));
  EXPECT_EQ(step_.next, Next::kClose);
  session_.on_close(0);
  EXPECT_EQ(handler_.heard, "open hello again 1000");
}

TEST_F(SessionTest, AHandlerThatThrowsEndsItsSessionAlone) {
  say("");
  EXPECT_EQ(say(client_frame(Opcode::kText, "throw")), make_close_frame(CloseCode::kInternalError, ""));
  EXPECT_EQ(step_.phase, net::Phase::kClosing);
  EXPECT_EQ(say(client_frame(Opcode::kText, "too late")), "");  // Nobody listens any more.
  EXPECT_EQ(handler_.heard, "open throw ");
}

TEST_F(SessionTest, AClientThatBreaksTheRulesIsTold) {
  say("");
  EXPECT_EQ(say(make_frame(Opcode::kText, "not masked")), make_close_frame(CloseCode::kProtocolError, ""));
  EXPECT_EQ(step_.next, Next::kLinger);
}

TEST_F(SessionTest, SilenceIsAskedAboutOnceAndThenTheEnd) {
  say("");
  now_.steady += seconds(31);
  EXPECT_EQ(say("", true), make_frame(Opcode::kPing, ""));
  EXPECT_EQ(say("", true), "");
  EXPECT_EQ(say(client_frame(Opcode::kPong, "")), "");  // A sign of life.
  now_.steady += seconds(31);
  EXPECT_EQ(say("", true), make_frame(Opcode::kPing, ""));
  now_.steady += seconds(31);
  EXPECT_EQ(say("", true), "");
  EXPECT_EQ(step_.next, Next::kClose);
}

TEST_F(SessionTest, WhatOthersSendWaitsInTheOutbox) {
  say("");
  const PeerPtr peer = handler_.peers.front();
  EXPECT_TRUE(peer->send({true, "one"}));
  EXPECT_TRUE(peer->send(share({false, "two"})));
  EXPECT_EQ(say(""), make_frame(Opcode::kText, "one") + make_frame(Opcode::kBinary, "two"));
  peer->close(CloseCode::kGoingAway, "bye");
  EXPECT_FALSE(peer->send({true, "more"}));
  EXPECT_EQ(say(""), make_close_frame(CloseCode::kGoingAway, "bye"));
  session_.on_close(0);
  EXPECT_FALSE(peer->send({true, "more"}));
}

TEST_F(SessionTest, WhoDoesNotReadIsGivenUp) {
  say("");
  const PeerPtr peer = handler_.peers.front();
  int taken = 0;
  while (peer->send({true, std::string(40, 'x')})) ++taken;
  EXPECT_EQ(taken, 3);  // 120 octets, of 100.
  EXPECT_EQ(say(""), make_close_frame(CloseCode::kPolicy, "too slow"));
}

TEST_F(SessionTest, AnIdleOneKeepsNothingOfWhatItSent) {
  Session session(options_, handler_, DeflateParameters(), "192.0.2.1");
  const std::string long_enough(100, 'x');
  const auto echo = [&] {
    in_.append(client_frame(Opcode::kText, long_enough));
    (void)session.on_input({.in = in_, .out = out_, .end_of_input = false, .now = now_});
    return drain();
  };
  const std::string first = echo();
  EXPECT_NE(echo(), first) << "it refers to the first";
  session.trim();
  EXPECT_EQ(echo(), first);
}

// The memory of a session for a message of 1 MiB: while it comes, between messages, idle, and ended.
class SessionMemoryTest : public SessionTest, public testing::WithParamInterface<bool> {
 protected:
  static constexpr std::size_t kMessage = 1024 * 1024;
  static constexpr std::size_t kPiece = 10'000;

  SessionMemoryTest() { options_.outbox = 2 * kMessage; }

  // All frames of a message that does not compress well, but the last octet. Returns that.
  std::string begin_message() {
    std::string message(kMessage, '\0');
    std::uint32_t random = 1;
    for (char& octet : message) octet = static_cast<char>((random = random * 1664525 + 1013904223) >> 24U);
    const bool compressed = GetParam();
    if (compressed) message = Deflater(DeflateParameters()).compress(message);
    const std::string frame = client_frame(Opcode::kBinary, message, {.compressed = compressed});
    for (std::size_t at = 0; at + 1 < frame.size(); at += kPiece) {
      hear(frame.substr(at, std::min(kPiece, frame.size() - 1 - at)));
      const std::size_t arrived = std::min(at, kMessage);
      EXPECT_GE(session_.memory(), arrived * 9 / 10) << at;
      EXPECT_LE(session_.memory(), std::max(2 * Buffer::kSmall, (at + 2 * kPiece) * 5 / 4)) << at;
    }
    return frame.substr(frame.size() - 1);
  }

  void hear(std::string_view octets) {
    in_.append(octets);
    (void)session_.on_input({.in = in_, .out = out_, .end_of_input = false, .now = now_});
  }

  Session session_{options_, handler_, DeflateParameters(), "192.0.2.1"};
};

TEST_P(SessionMemoryTest, AMessageTakesWhatHasArrivedAndAQuarterMoreAndNothingAfterwards) {
  hear("");
  EXPECT_EQ(session_.memory(), 0U);
  hear(begin_message());
  EXPECT_GT(out_.size(), kMessage) << "it came back";
  (void)drain();
  hear("");
  EXPECT_LE(session_.memory(), 2 * Buffer::kSmall);
  session_.trim();
  EXPECT_EQ(session_.memory(), 0U);
}

TEST_P(SessionMemoryTest, TrimmingKeepsAMessageThatHasBegunAndTheEndDoesNot) {
  hear("");
  (void)begin_message();
  const std::size_t before = session_.memory();
  session_.trim();
  EXPECT_EQ(session_.memory(), before);
  session_.on_close(0);
  EXPECT_EQ(session_.memory(), 0U);
}

INSTANTIATE_TEST_SUITE_P(All, SessionMemoryTest, testing::Bool(),
                         [](const auto& row) { return row.param ? "Compressed" : "Plain"; });

TEST_F(SessionTest, WhatWaitsInTheOutboxCountsUnlessOthersShareIt) {
  say("");
  const PeerPtr peer = handler_.peers.front();
  const SharedFrame shared = share({true, std::string(100'000, 'x')});
  EXPECT_TRUE(peer->send(shared));
  EXPECT_LT(session_.memory(), 1000U);
  say("");
  EXPECT_TRUE(peer->send({true, std::string(100'000, 'x')}));
  EXPECT_GE(session_.memory(), 100'000U);
  session_.on_close(0);
  EXPECT_EQ(session_.memory(), 0U);
}

TEST_F(SessionTest, NobodyToServeIt) {
  say("");
  session_.on_trouble({.in = in_, .out = out_, .end_of_input = false, .now = now_},
                      net::Protocol::Trouble::kOverload);
  EXPECT_EQ(drain(), make_close_frame(CloseCode::kTryAgainLater, ""));
}

std::string next_text(Peer& peer) {
  std::string text;
  for (const Peer::Outgoing& outgoing : peer.take(1000)) {
    text += (outgoing.frame ? outgoing.frame->substr(2) : outgoing.payload) + "\n";
  }
  return text;
}

TEST(Hub, OneFrameForAll) {
  Hub hub;
  std::vector<PeerPtr> peers;
  for (int i = 0; i < 3; ++i) {
    peers.push_back(std::make_shared<Peer>(100, ""));
    hub.add(peers.back());
  }
  hub.remove(peers.back());
  EXPECT_EQ(hub.size(), 2U);
  hub.broadcast({true, "all"});
  const auto first = peers[0]->take(100);
  const auto second = peers[1]->take(100);
  ASSERT_EQ(first.size(), 1U);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(first[0].frame, second[0].frame);  // The very same octets.
  EXPECT_TRUE(peers[2]->take(100).empty());
  hub.close_all(CloseCode::kGoingAway);
  EXPECT_TRUE(peers[0]->take_ending().has_value());
  EXPECT_FALSE(peers[2]->take_ending().has_value());
}

TEST(Chat, WhatOneSaysAllHear) {
  Chat chat;
  const auto one = std::make_shared<Peer>(10'000, "");
  const auto other = std::make_shared<Peer>(10'000, "");
  chat.on_open(one);
  chat.on_open(other);
  EXPECT_EQ(next_text(*one), R"({"kind":"here","you":1,"count":1}
{"kind":"here","count":1}
{"kind":"here","count":2}
)");
  EXPECT_EQ(next_text(*other), R"({"kind":"here","you":2,"count":2}
{"kind":"here","count":2}
)");
  chat.on_message(other, {true, "say \"hi\"\n"});
  for (Peer* peer : {one.get(), other.get()}) {
    EXPECT_EQ(next_text(*peer), R"({"kind":"said","from":2,"text":"say \"hi\"\u000a"})"
                                "\n");
  }
  chat.on_message(one, {false, "octets"});
  EXPECT_EQ(one->take_ending()->code, CloseCode::kUnsupported);
  chat.on_message(other, {true, std::string(Chat::kLongest + 1, 'x')});
  EXPECT_EQ(other->take_ending()->code, CloseCode::kTooBig);
  chat.on_close(one, CloseCode::kNormal);
}

TEST(Chat, NamesMembers) {
  Chat chat;
  const auto member = std::make_shared<Peer>(10'000, "", "Ada \"A\"");
  const auto guest = std::make_shared<Peer>(10'000, "");
  chat.on_open(member);
  chat.on_open(guest);
  EXPECT_TRUE(next_text(*member).starts_with(R"({"kind":"here","you":1,"name":"Ada \"A\"","count":1})"
                                             "\n"));
  EXPECT_TRUE(next_text(*guest).starts_with(R"({"kind":"here","you":2,"count":2})"));
  chat.on_message(member, {true, "hi"});
  EXPECT_EQ(next_text(*guest), R"({"kind":"said","from":1,"name":"Ada \"A\"","text":"hi"})"
                               "\n");
  chat.on_close(member, CloseCode::kNormal);
  chat.on_close(guest, CloseCode::kNormal);
}

}  // namespace
}  // namespace pollux::websocket
