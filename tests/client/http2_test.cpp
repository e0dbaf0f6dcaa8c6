// The client's HTTP/2 against servers that are well-behaved, and against all others: each costs one request,
// and what goes wrong on one stream costs no other.
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <latch>

#include "client/http_client.h"
#include "http2_peer.h"
#include "words.h"

namespace pollux::client {
namespace {

using namespace frames;

Request post(std::string url, std::string body = "x") {
  return {.method = "POST", .url = std::move(url), .fields = {}, .body = std::move(body)};
}

std::string in_words(std::future<Outcome>& outcome) { return in_words(outcome.get()); }

// With prior knowledge, so that a test need not encrypt.
ClientOptions plain() {
  ClientOptions options;
  options.http2_plain = true;
  options.timeouts.head = options.timeouts.body = milliseconds(20'000);
  options.limits = {.headers = 4096, .header_fields = 32, .body = 100'000};
  return options;
}

// Answers every request alike, on its stream.
using Answer = std::function<std::string(int stream)>;
TestServer::Handler answering(Answer answer) {
  return [answer = std::move(answer)](Peer& socket) {
    Http2Peer peer(socket);
    while (const int stream = peer.next_request()) {
      if (!peer.write(answer(stream))) return;
    }
  };
}

std::vector<std::future<Outcome>> send_all(HttpClient& client, int count, const Request& request) {
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < count; ++i) outcomes.push_back(client.send(request));
  return outcomes;
}

// --- Sharing ---------------------------------------------------------------------------------------------

TEST(Http2, OneConnectionCarriesAll) {
  TestServer server(answering(hello));
  HttpClient client(plain());
  for (auto& outcome : send_all(client, 300, get(server.url()))) {
    const Outcome response = outcome.get();
    ASSERT_EQ(in_words(response), "200 hello");
    EXPECT_TRUE(response.response().http2);
  }
  for (int i = 0; i < 10; ++i) EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  EXPECT_EQ(server.accepted(), 1);
}

TEST(Http2, AnswersComeInAnyOrder) {
  TestServer server([](Peer& socket) {
    Http2Peer peer(socket);
    std::vector<int> streams;
    for (int i = 0; i < 50; ++i) streams.push_back(peer.next_request());
    for (auto stream = streams.rbegin(); stream != streams.rend(); ++stream) {
      (void)peer.write(head(*stream, 200) + data(*stream, std::to_string(*stream), kEnds));
    }
    peer.wait_for_end();
  });
  HttpClient client(plain());
  std::vector<std::future<Outcome>> outcomes = send_all(client, 50, get(server.url()));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(in_words(outcomes[static_cast<std::size_t>(i)]), "200 " + std::to_string(2 * i + 1));
  }
}

// Between a request and its answer stands a PING: when that has come back, the client has sent whatever it
// means to send.
TEST(Http2, NoMoreStreamsThanTheServerTakes) {
  TestServer server([](Peer& socket) {
    Http2Peer peer(socket, settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1}}));
    const int first = peer.next_request();  // By its answer the client has the settings.
    (void)peer.write(hello(first));
    while (const int stream = peer.next_request()) {
      (void)peer.write(frame(NGHTTP2_PING, 0, 0, "01234567"));
      for (auto one = peer.next_of_any(); one && one->type != NGHTTP2_PING; one = peer.next_of_any()) {
        EXPECT_NE(one->type, NGHTTP2_HEADERS);
      }
      (void)peer.write(hello(stream));
    }
  });
  HttpClient client(plain());
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  for (auto& outcome : send_all(client, 20, get(server.url()))) EXPECT_EQ(in_words(outcome), "200 hello");
  EXPECT_EQ(server.accepted(), 1);
}

TEST(Http2, SharesNothingWithHttp1) {
  TestServer server([](Peer& peer) {
    while (!peer.read_head().empty()) (void)peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  });
  HttpClient client;  // http:// without prior knowledge.
  for (auto& outcome : send_all(client, 5, get(server.url()))) {
    const Outcome response = outcome.get();
    ASSERT_EQ(in_words(response), "200 hello");
    EXPECT_FALSE(response.response().http2);
  }
}

// Requests that wait for a connection learn with the first why there is none.
TEST(Http2, AConnectionThatCannotBeMadeFailsAllThatWaitForIt) {
  std::string url;
  { url = TestServer(answering(hello)).url(); }
  HttpClient client(plain());
  for (auto& outcome : send_all(client, 20, get(url))) EXPECT_EQ(in_words(outcome), "connect: refused");
}

// --- What is sent ----------------------------------------------------------------------------------------

TEST(Http2, SendsWhatItWasTold) {
  std::promise<std::string> seen;
  TestServer server([&](Peer& socket) {
    Http2Peer peer(socket);
    auto one = peer.next();
    std::string text = FieldReader().read(one->payload);
    while (one && (one->flags & kEnds) == 0) {
      one = peer.next();
      text += one->payload;
    }
    (void)peer.write(hello(1));
    seen.set_value(text);
    peer.wait_for_end();
  });
  HttpClient client(plain());
  const Request request{.method = "POST",
                        .url = server.url("/a b?c"),
                        .fields = {{"X-Note", " y "},
                                   {"Connection", "close, X-Hop"},
                                   {"X-Hop", "1"},
                                   {"Keep-Alive", "5"},
                                   {"Upgrade", "x"},
                                   {"TE", "gzip"},
                                   {"te", "trailers"}},
                        .body = "body"};
  EXPECT_EQ(in_words(client.send(request).get()), "200 hello");
  EXPECT_EQ(seen.get_future().get(),
            ":method: POST\n:scheme: http\n:authority: 127.0.0.1:" + std::to_string(server.port()) +
                "\n:path: /a%20b?c\nx-note: y\nte: trailers\ncontent-length: 4\nbody");
}

TEST(Http2, AHostFieldIsTheAuthority) {
  std::promise<std::string> seen;
  TestServer server([&](Peer& socket) {
    Http2Peer peer(socket);
    seen.set_value(FieldReader().read(peer.next()->payload));
    (void)peer.write(hello(1));
    peer.wait_for_end();
  });
  HttpClient client(plain());
  const Request request{.method = "GET", .url = server.url(), .fields = {{"Host", "a.example"}}, .body = {}};
  EXPECT_EQ(in_words(client.send(request).get()), "200 hello");
  EXPECT_EQ(seen.get_future().get(), ":method: GET\n:scheme: http\n:authority: a.example\n:path: /\n");
}

// Echoes a body as it comes, and opens the windows as it goes: a frame of credit for a frame of content.
TEST(Http2, LargeBodiesBothWays) {
  std::string large;
  while (large.size() < 1 << 20) large += std::to_string(large.size()) + " ";
  TestServer server([&](Peer& socket) {
    Http2Peer peer(socket);
    (void)peer.write(head(peer.next_request(), 200));
    std::size_t octets = 0;
    for (auto one = peer.next(); one; one = peer.next()) {
      octets += one->payload.size();
      const bool last = (one->flags & kEnds) != 0;
      const std::string credit = big_endian(one->payload.size(), 4);
      if (!one->payload.empty()) (void)peer.write(frame(NGHTTP2_WINDOW_UPDATE, 0, 0, credit));
      if (!one->payload.empty() && !last) (void)peer.write(frame(NGHTTP2_WINDOW_UPDATE, 0, 1, credit));
      (void)peer.write(data(1, one->payload, last ? kEnds : 0));
      if (last) break;
    }
    EXPECT_EQ(octets, large.size());
    peer.wait_for_end();
  });
  ClientOptions options = plain();
  options.limits.body = 4 << 20;
  HttpClient client(options);
  const Outcome outcome = client.send(post(server.url(), large)).get();
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_TRUE(outcome.response().body == large);
}

TEST(Http2, AnEarlyAnswerIsTaken) {
  TestServer server([](Peer& socket) {
    Http2Peer peer(socket);
    const int stream = peer.next_request();
    (void)peer.write(head(stream, 413) + data(stream, "no", kEnds));
    for (auto one = peer.next(); one; one = peer.next()) {  // It stops sending, and says so.
      if (one->type == NGHTTP2_RST_STREAM) break;
    }
    while (const int next = peer.next_request()) (void)peer.write(hello(next));
  });
  HttpClient client(plain());
  EXPECT_EQ(in_words(client.send(post(server.url(), std::string(32 << 20, 'x'))).get()), "413 no");
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  EXPECT_EQ(server.accepted(), 1);
}

// --- What comes back -------------------------------------------------------------------------------------

TEST(Http2, InterimResponsesAndTrailersAreLeftOut) {
  TestServer server(answering([](int stream) {
    return head(stream, 103, 0, literal("link", "a")) + head(stream, 103, 0, literal("link", "b")) +
           head(stream, 200, 0, literal("x", "y")) + data(stream, "hello") +
           frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | kEnds, stream, literal("x-sum", "1"));
  }));
  HttpClient client(plain());
  const Outcome outcome = client.send(get(server.url())).get();
  ASSERT_EQ(in_words(outcome), "200 hello");
  ASSERT_EQ(outcome.response().fields.size(), 1U);
  EXPECT_EQ(*outcome.response().find("X"), "y");
}

TEST(Http2, FollowsRedirects) {
  TestServer server(answering([](int stream) {
    return stream == 1 ? head(stream, 302, kEnds, literal("location", "/second")) : hello(stream);
  }));
  HttpClient client(plain());
  const Outcome outcome = client.send(post(server.url("/first"))).get();
  ASSERT_EQ(in_words(outcome), "200 hello");
  EXPECT_EQ(outcome.response().url, server.url("/second"));
  EXPECT_EQ(server.accepted(), 1);
}

// The bad stream is the first; the second, which comes at the same time, is answered by the same connection.
struct BadStream {
  const char* name;
  Answer answer;
  const char* expected;
};

std::string announcing(int stream, std::string_view length) {
  return head(stream, 200, 0, literal("content-length", length));
}

const std::vector<BadStream> kBadStreams = {
    {"reset at once", [](int s) { return rst_stream(s, NGHTTP2_INTERNAL_ERROR); }, "receive: stream reset"},
    {"reset in the body",
     [](int s) { return head(s, 200) + data(s, "hel") + rst_stream(s, NGHTTP2_NO_ERROR); },
     "receive: stream reset"},
    {"refused after it had begun", [](int s) { return head(s, 200) + rst_stream(s, NGHTTP2_REFUSED_STREAM); },
     "receive: stream reset"},
    {"body too short", [](int s) { return announcing(s, "6") + data(s, "hello", kEnds); },
     "receive: protocol"},
    {"body too long", [](int s) { return announcing(s, "4") + data(s, "hello", kEnds); },
     "receive: protocol"},
    {"two lengths",
     [](int s) {
       return head(s, 200, 0, literal("content-length", "5") + literal("content-length", "6")) +
              data(s, "hello", kEnds);
     },
     "receive: protocol"},
    {"upper case", [](int s) { return head(s, 200, kEnds, literal("X-Note", "y")); }, "receive: protocol"},
    {"a field of HTTP/1.1", [](int s) { return head(s, 200, kEnds, literal("connection", "close")); },
     "receive: protocol"},
    {"no status",
     [](int s) { return frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | kEnds, s, literal("x", "y")); },
     "receive: protocol"},
    {"a status below 100",
     [](int s) {
       return frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, s, literal(":status", "042")) +
              data(s, "hello", kEnds);
     },
     "receive: protocol"},
    {"interim responses without fields, without end",
     [](int s) {
       std::string heads;
       for (int i = 0; i < 33; ++i) heads += head(s, 103);
       return heads;
     },
     "receive: too large"},
    {"ends with an interim response", [](int s) { return head(s, 103, kEnds); }, "receive: protocol"},
    {"too many fields",
     [](int s) {
       std::string fields;
       for (int i = 0; i < 33; ++i) fields += literal("x", "y");
       return head(s, 200, kEnds, fields);
     },
     "receive: too large"},
    {"head too large",
     [](int s) {
       std::string fields;
       for (int i = 0; i < 32; ++i) fields += literal("x", std::string(126, 'y'));
       return head(s, 200, kEnds, fields);
     },
     "receive: too large"},
    {"interim responses without end",
     [](int s) {
       std::string heads;
       for (int i = 0; i < 33; ++i) heads += head(s, 103, 0, literal("x", "y"));
       return heads;
     },
     "receive: too large"},
    {"length too long to take", [](int s) { return announcing(s, "100001"); }, "receive: too large"},
    {"length that no number holds", [](int s) { return announcing(s, "99999999999999999999"); },
     "receive: protocol"},
    {"body too large",
     [](int s) {
       std::string frames = head(s, 200);
       for (int i = 0; i < 11; ++i) frames += data(s, std::string(10'000, 'x'));
       return frames;
     },
     "receive: too large"},
};

TEST(Http2, ABadStreamCostsNoOther) {
  for (const BadStream& row : kBadStreams) {
    TestServer server([&](Peer& socket) {
      Http2Peer peer(socket);
      const int bad = peer.next_request();
      const int good = peer.next_request();
      (void)peer.write(head(good, 200));
      (void)peer.write(row.answer(bad));
      (void)peer.write(data(good, "hello", kEnds));
      while (const int next = peer.next_request()) (void)peer.write(hello(next));
    });
    HttpClient client(plain());
    auto bad = client.send(post(server.url()));
    auto good = client.send(get(server.url()));
    EXPECT_EQ(in_words(bad), row.expected) << row.name;
    EXPECT_EQ(in_words(good), "200 hello") << row.name;
    EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello") << row.name;
    EXPECT_EQ(server.accepted(), 1) << row.name;
  }
}

TEST(Http2, OfAResponseToHeadTheLengthIsNotItsOwn) {
  TestServer server(
      answering([](int stream) { return head(stream, 200, kEnds, literal("content-length", "100001")); }));
  HttpClient client(plain());
  const Request request{.method = "HEAD", .url = server.url(), .fields = {}, .body = {}};
  EXPECT_EQ(in_words(client.send(request).get()), "200 ");
}

// --- Called off, and late --------------------------------------------------------------------------------

TEST(Http2, CancelResetsItsStreamAlone) {
  std::promise<void> arrived;
  std::promise<std::uint32_t> reset;
  TestServer server([&](Peer& socket) {
    Http2Peer peer(socket);
    const int first = peer.next_request();
    const int second = peer.next_request();
    arrived.set_value();
    for (auto one = peer.next(); one; one = peer.next()) {
      if (one->type != NGHTTP2_RST_STREAM) continue;
      EXPECT_EQ(one->stream, first);
      reset.set_value(static_cast<std::uint32_t>(one->payload[3]));
      break;
    }
    (void)peer.write(hello(first) + hello(second));  // Of the first nothing is wanted any more.
    peer.wait_for_end();
  });
  HttpClient client(plain());
  std::promise<std::string> words;
  const auto ticket =
      client.send(get(server.url()), [&](const Outcome& outcome) { words.set_value(in_words(outcome)); });
  auto second = client.send(get(server.url()));
  arrived.get_future().wait();
  client.cancel(ticket);
  EXPECT_EQ(words.get_future().get(), "receive: cancelled");
  EXPECT_EQ(reset.get_future().get(), static_cast<std::uint32_t>(NGHTTP2_CANCEL));
  EXPECT_EQ(in_words(second), "200 hello");
  EXPECT_EQ(server.accepted(), 1);
}

// The server's limit keeps the second from being sent; then it is not, and the third is.
TEST(Http2, CancelOfOneThatWaitsForAStream) {
  std::promise<void> arrived;
  std::promise<void> cancelled;
  TestServer server([&](Peer& socket) {
    Http2Peer peer(socket, settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1}}));
    FieldReader reader;
    const auto next = [&] {
      const auto one = peer.next();
      return std::pair(one ? one->stream : 0, one ? reader.read(one->payload) : std::string());
    };
    (void)peer.write(hello(next().first));
    const auto first = next();
    arrived.set_value();
    cancelled.get_future().wait();
    (void)peer.write(hello(first.first));
    const auto third = next();
    EXPECT_NE(third.second.find("/third"), std::string::npos);
    (void)peer.write(hello(third.first));
    peer.wait_for_end();
  });
  HttpClient client(plain());
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  auto first = client.send(get(server.url("/first")));
  arrived.get_future().wait();
  std::promise<std::string> words;
  const auto ticket = client.send(get(server.url("/second")),
                                  [&](const Outcome& outcome) { words.set_value(in_words(outcome)); });
  auto third = client.send(get(server.url("/third")));
  client.cancel(ticket);
  EXPECT_EQ(words.get_future().get(), "queue: cancelled");
  cancelled.set_value();
  EXPECT_EQ(in_words(first), "200 hello");
  EXPECT_EQ(in_words(third), "200 hello");
}

// Cancelled at any time, by a thread that knows nothing of theirs: each callback is called once.
TEST(Http2, CancelAtAnyTime) {
  TestServer server(answering(hello));
  std::vector<std::atomic<int>> calls(2000);
  {
    HttpClient client(plain());
    std::vector<HttpClient::Ticket> tickets;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      tickets.push_back(client.send(get(server.url()), [&calls, i](const Outcome& outcome) {
        ++calls[i];
        const bool expected =
            outcome ? outcome.response().body == "hello" : outcome.error().kind == ErrorKind::kCancelled;
        EXPECT_TRUE(expected) << in_words(outcome);
      }));
      if (i >= 50 && i % 3 == 0) client.cancel(tickets[i - i % 50]);
    }
  }
  for (const auto& count : calls) EXPECT_EQ(count, 1);
}

TEST(Http2, AStreamThatIsLateCostsNoOther) {
  struct Late {
    const char* name;
    std::string beginning;
    Answer answer;
    const char* expected;
  };
  const Late rows[] = {
      {"no head", settings(), [](int) { return std::string(); }, "receive: timeout"},
      {"interim heads alone", settings(), [](int s) { return head(s, 103); }, "receive: timeout"},
      {"no body", settings(), [](int s) { return head(s, 200) + data(s, "hel"); }, "receive: timeout"},
      {"no window", settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}), [](int) { return std::string(); },
       "send: timeout"},
  };
  for (const Late& row : rows) {
    TestServer server([&](Peer& socket) {
      Http2Peer peer(socket, row.beginning);
      (void)peer.write(hello(peer.next_request()));  // By its answer the client has the settings.
      const int late = peer.next_request();
      (void)peer.write(row.answer(late));
      for (auto one = peer.next(); one; one = peer.next()) {
        if (one->type == NGHTTP2_HEADERS) (void)peer.write(hello(one->stream));
        if (one->type == NGHTTP2_RST_STREAM) {
          EXPECT_EQ(one->stream, late);
        }
      }
    });
    ClientOptions options = plain();
    options.timeouts.send = options.timeouts.head = options.timeouts.body = milliseconds(1500);
    HttpClient client(options);
    EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello") << row.name;
    auto late = client.send(post(server.url()));
    EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello") << row.name;
    EXPECT_EQ(in_words(late), row.expected) << row.name;
    EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello") << row.name;
    EXPECT_EQ(server.accepted(), 1) << row.name;
  }
}

TEST(Http2, ARequestThatWaitsForAStreamHasADeadlineToo) {
  TestServer server([](Peer& socket) {
    Http2Peer peer(socket);
    const int stream = peer.next_request();
    (void)peer.write(settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0}}) + hello(stream));
    EXPECT_EQ(peer.next_request(), 0);
  });
  ClientOptions options = plain();
  options.timeouts.total = milliseconds(2000);
  HttpClient client(options);
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "queue: timeout");
  EXPECT_EQ(server.accepted(), 1);
}

// Whoever says nothing at all may have gone: the next request does not wait for it.
TEST(Http2, AConnectionThatIsSilentTakesNoMore) {
  std::atomic<int> connections{0};
  TestServer server([&](Peer& socket) {
    Http2Peer peer(socket);
    const bool silent = ++connections == 1;
    (void)peer.write(hello(peer.next_request()));
    while (const int stream = peer.next_request()) {
      if (!silent) (void)peer.write(hello(stream));
    }
  });
  ClientOptions options = plain();
  options.timeouts.head = milliseconds(1500);
  HttpClient client(options);
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  // The acknowledgement of settings, which comes when it will, is a word, too.
  std::string words;
  for (int i = 0; i < 3 && words != "200 hello"; ++i) words = in_words(client.send(get(server.url())).get());
  EXPECT_EQ(words, "200 hello");
  EXPECT_EQ(server.accepted(), 2);
}

TEST(Http2, DestructionEndsAllThatIsUnfinished) {
  std::vector<std::future<Outcome>> outcomes;
  std::promise<void> arrived;
  TestServer silent([&](Peer& socket) {
    Http2Peer peer(socket, settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 10}}));
    (void)peer.write(hello(peer.next_request()));
    for (int i = 0; i < 10; ++i) (void)peer.next_request();
    arrived.set_value();
    peer.wait_for_end();
  });
  {
    HttpClient client(plain());
    EXPECT_EQ(in_words(client.send(get(silent.url())).get()), "200 hello");
    outcomes = send_all(client, 50, get(silent.url()));
    arrived.get_future().wait();
  }
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get().error().kind, ErrorKind::kCancelled);
}

// --- Sent again ------------------------------------------------------------------------------------------

TEST(Http2, WhatGoawayLeavesOutIsSentAgain) {
  std::atomic<int> connections{0};
  TestServer server([&](Peer& socket) {
    Http2Peer peer(socket);
    if (++connections == 1) {
      for (int i = 0; i < 3; ++i) (void)peer.next_request();
      (void)peer.write(goaway(1, NGHTTP2_NO_ERROR) + hello(1));
      return peer.wait_for_end();  // Which the client brings about: nothing is left to it.
    }
    while (const int stream = peer.next_request()) (void)peer.write(hello(stream));
  });
  HttpClient client(plain());
  for (auto& outcome : send_all(client, 3, post(server.url()))) EXPECT_EQ(in_words(outcome), "200 hello");
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  EXPECT_EQ(server.accepted(), 2);
}

TEST(Http2, AnIdleConnectionHearsGoaway) {
  TestServer server([](Peer& socket) {
    Http2Peer peer(socket);
    const int stream = peer.next_request();
    (void)peer.write(hello(stream) + goaway(stream, NGHTTP2_NO_ERROR));
    peer.wait_for_end();
  });
  HttpClient client(plain());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  EXPECT_EQ(server.accepted(), 5);
}

// A server that serves ten requests on each connection, as limits.keepalive_requests has it.
TEST(Http2, ManyRequestsGoOverManyConnectionsIfTheyMust) {
  TestServer server([](Peer& socket) {
    Http2Peer peer(socket);
    int last = 0;
    for (int i = 0; i < 10; ++i) {
      last = peer.next_request();
      if (last == 0) return;
      (void)peer.write(hello(last));
    }
    (void)peer.write(goaway(last, NGHTTP2_NO_ERROR));
    peer.wait_for_end();
  });
  HttpClient client(plain());
  for (auto& outcome : send_all(client, 150, post(server.url()))) EXPECT_EQ(in_words(outcome), "200 hello");
  EXPECT_EQ(server.accepted(), 15);
}

// What came while the one connection that is allowed was ending becomes streams of the next, all at once: the
// server answers none before it has seen them all.
TEST(Http2, AllThatWaitedForAConnectionShareTheNext) {
  constexpr int kWaiting = 10;
  std::promise<void> goaway_heard;
  std::latch all_wait(1);
  std::atomic<int> connections{0};
  TestServer server([&](Peer& socket) {
    Http2Peer peer(socket);
    if (++connections == 1) {
      const int stream = peer.next_request();
      (void)peer.write(goaway(stream, NGHTTP2_NO_ERROR) + frame(NGHTTP2_PING, 0, 0, "01234567"));
      for (auto one = peer.next_of_any(); one && one->type != NGHTTP2_PING;) one = peer.next_of_any();
      goaway_heard.set_value();
      all_wait.wait();
      (void)peer.write(hello(stream));
      return peer.wait_for_end();
    }
    std::vector<int> streams;
    while (streams.size() < kWaiting) {
      streams.push_back(peer.next_request());
      if (streams.back() == 0) return;
    }
    for (const int stream : streams) (void)peer.write(hello(stream));
    peer.wait_for_end();
  });
  ClientOptions options = plain();
  options.per_origin = 1;
  options.timeouts.head = milliseconds(5'000);
  HttpClient client(options);
  auto first = client.send(get(server.url()));
  goaway_heard.get_future().wait();
  auto waiting = send_all(client, kWaiting, get(server.url()));
  // Begun after them, and over: they have been begun.
  EXPECT_EQ(in_words(client.send(get("http://127.0.0.1:1/")).get()), "connect: refused");
  all_wait.count_down();
  EXPECT_EQ(in_words(first), "200 hello");
  for (auto& outcome : waiting) EXPECT_EQ(in_words(outcome), "200 hello");
  EXPECT_EQ(server.accepted(), 2);
}

TEST(Http2, RefusedStreamsAreSentAgainWithinABound) {
  for (const int refusals : {0, 1, 10, 11}) {
    std::atomic<int> requests{0};
    TestServer server(answering([&](int stream) {
      return ++requests <= refusals ? rst_stream(stream, NGHTTP2_REFUSED_STREAM) : hello(stream);
    }));
    HttpClient client(plain());
    EXPECT_EQ(in_words(client.send(post(server.url())).get()),
              refusals <= 10 ? "200 hello" : "receive: refused");
    EXPECT_EQ(requests, std::min(refusals + 1, 11));
    EXPECT_EQ(server.accepted(), 1);
  }
}

TEST(Http2, AFaultBehindAGoawayIsNoticed) {
  TestServer server([](Peer& socket) {
    Http2Peer peer(socket);
    const int stream = peer.next_request();
    (void)peer.write(goaway(stream, NGHTTP2_NO_ERROR) + data(stream + 2, "of no request"));
    peer.wait_for_end();
  });
  HttpClient client(plain());
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "receive: protocol");
}

TEST(Http2, AHeadThatIsTooLargeToBeSentIsNotTheServersFault) {
  TestServer server(answering(hello));
  HttpClient client(plain());
  Request large = get(server.url());
  large.fields.push_back({"X-Large", std::string(70'000, 'x')});
  EXPECT_EQ(in_words(client.send(large).get()), "send: too large");
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  EXPECT_EQ(server.accepted(), 1);
}

// As with HTTP/1.1: sent again if that is safe, the connection was in use before, and nothing had come.
TEST(Http2, AKeptConnectionThatHasGoneIsReplaced) {
  const auto serves_one_each = [](Peer& socket) {
    Http2Peer peer(socket);
    (void)peer.write(hello(peer.next_request()));
    (void)peer.next_request();
  };
  TestServer server(serves_one_each);
  HttpClient client(plain());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  EXPECT_EQ(server.accepted(), 5);
  EXPECT_EQ(in_words(client.send(post(server.url())).get()), "receive: closed");
}

TEST(Http2, ALostConnectionCostsTheStreamsItCarried) {
  struct Loss {
    const char* name;
    std::string last_words;
    bool reset;
    const char* expected;
  };
  const Loss rows[] = {
      {"closed", {}, false, "receive: closed"},
      {"reset", {}, true, "receive: reset"},
      {"goaway, and closed", goaway(3, NGHTTP2_INTERNAL_ERROR), false, "receive: goaway"},
      {"not HTTP/2", "HTTP/1.1 400 Bad Request\r\n\r\n", false, "receive: protocol"},
      {"a frame too large", frame(NGHTTP2_DATA, 0, 1, std::string(20'000, 'x')), false, "receive: protocol"},
      {"a body without a head", data(1, "hello"), false, "receive: protocol"},
      {"a head that cannot be read", frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, "\x80"), false,
       "receive: protocol"},
  };
  for (const Loss& row : rows) {
    std::atomic<int> connections{0};
    TestServer server([&](Peer& socket) {
      if (++connections > 1) return answering(hello)(socket);
      Http2Peer peer(socket);
      // A client that has more to say would learn by that, and not by reading, what has happened.
      bool acknowledged = false;
      for (bool asked = false; !asked || !acknowledged;) {
        const auto one = peer.next_of_any();
        if (!one) return;
        acknowledged = acknowledged || (one->type == NGHTTP2_SETTINGS && one->flags == NGHTTP2_FLAG_ACK);
        asked = asked || (one->stream == 3 && (one->flags & kEnds) != 0);
      }
      if (row.reset) return socket.reset();
      (void)peer.write(row.last_words);
      if (std::string_view(row.expected).ends_with("protocol")) peer.wait_for_end();
    });
    HttpClient client(plain());
    for (auto& outcome : send_all(client, 2, post(server.url()))) {
      EXPECT_EQ(in_words(outcome), row.expected) << row.name;
    }
    EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello") << row.name;
  }
}

// --- TLS -------------------------------------------------------------------------------------------------

// What a server chooses of what it is offered.
struct Choice {
  std::string_view protocol;  // Empty: it knows no ALPN.
  std::mutex mutex;           // Connections have a thread each.
  std::string offered;
};

int choose(SSL* /*ssl*/, const unsigned char** out, unsigned char* length, const unsigned char* offered,
           unsigned offered_length, void* choice) {
  auto& chosen = *static_cast<Choice*>(choice);
  {
    const std::lock_guard lock(chosen.mutex);
    chosen.offered.assign(reinterpret_cast<const char*>(offered), offered_length);
  }
  if (chosen.protocol.empty()) return SSL_TLSEXT_ERR_NOACK;
  *out = reinterpret_cast<const unsigned char*>(chosen.protocol.data());
  *length = static_cast<unsigned char>(chosen.protocol.size());
  return SSL_TLSEXT_ERR_OK;
}

class Http2Tls : public testing::Test {
 protected:
  void SetUp() override { (void)std::signal(SIGPIPE, SIG_IGN); }  // The test server's SSL_write.
  [[nodiscard]] ClientOptions trusting() const {
    ClientOptions options;
    options.ca_file = identity_.file();
    return options;
  }
  void let_choose(std::string_view protocol) {
    choice_.protocol = protocol;
    SSL_CTX_set_alpn_select_cb(identity_.context(), choose, &choice_);
  }

  TestIdentity identity_;
  Choice choice_;
};

TEST_F(Http2Tls, WhileTheFirstConnectionIsMadeTheOthersWaitForIt) {
  let_choose("h2");
  TestServer server(answering(hello), identity_.context());
  HttpClient client(trusting());
  for (auto& outcome : send_all(client, 200, get(server.url("/", "localhost")))) {
    const Outcome response = outcome.get();
    ASSERT_EQ(in_words(response), "200 hello");
    EXPECT_TRUE(response.response().http2);
  }
  EXPECT_EQ(server.accepted(), 1);
  EXPECT_EQ(choice_.offered, "\x02h2\x08http/1.1");
}

// All are in flight at once, each on a connection of its own: the server answers when it has ten.
TEST_F(Http2Tls, AServerOfHttp1IsSpokenToAsBefore) {
  constexpr int kConnections = 10;
  for (const std::string_view protocol : {"http/1.1", ""}) {
    let_choose(protocol);
    std::latch all(kConnections);
    TestServer server(
        [&](Peer& peer) {
          bool first = true;
          while (!peer.read_head().empty()) {
            if (std::exchange(first, false)) all.arrive_and_wait();
            (void)peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
          }
        },
        identity_.context());
    HttpClient client(trusting());
    const Request request = get(server.url("/", "localhost"));
    for (auto& outcome : send_all(client, kConnections, request)) {
      const Outcome response = outcome.get();
      ASSERT_EQ(in_words(response), "200 hello");
      EXPECT_FALSE(response.response().http2);
    }
    EXPECT_EQ(server.accepted(), kConnections);
    EXPECT_EQ(in_words(client.send(request).get()), "200 hello");
    EXPECT_EQ(server.accepted(), kConnections);  // They are kept.
  }
}

TEST_F(Http2Tls, IsNotOfferedWhereItIsNotWanted) {
  let_choose("");
  TestServer server(
      [](Peer& peer) {
        (void)peer.read_head();
        (void)peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
      },
      identity_.context());
  ClientOptions options = trusting();
  options.http2 = false;
  HttpClient client(options);
  EXPECT_EQ(in_words(client.send(get(server.url("/", "localhost"))).get()), "200 hello");
  EXPECT_EQ(choice_.offered, "\x08http/1.1");
}

// The connection is the origin's, not of the request that had it made.
TEST_F(Http2Tls, ARequestThatIsCalledOffTakesNoConnectionFromOthers) {
  std::promise<void> begun;
  TestServer mute([&](Peer& peer) {
    (void)peer.read();
    begun.set_value();
    peer.wait_for_end();
  });
  ClientOptions options = trusting();
  options.timeouts.tls = milliseconds(3000);
  HttpClient client(options);
  const Request request = get("https://localhost:" + std::to_string(mute.port()) + "/");
  std::promise<std::string> words;
  const auto first =
      client.send(request, [&](const Outcome& outcome) { words.set_value(in_words(outcome)); });
  auto second = client.send(request);
  begun.get_future().wait();
  client.cancel(first);
  EXPECT_EQ(words.get_future().get(), "tls: cancelled");
  EXPECT_EQ(in_words(second), "tls: timeout");
  EXPECT_EQ(mute.accepted(), 1);
}

}  // namespace
}  // namespace pollux::client
