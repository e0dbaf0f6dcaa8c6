// The client against servers that are well-behaved, and against all others: each costs one request.
#include "client/http_client.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <future>

#include "test_server.h"
#include "words.h"

namespace pollux::client {
namespace {

// Short deadlines where one is to pass; the others are not met by a busy machine either.
ClientOptions bounded(bool in_haste = false) {
  const milliseconds wait(in_haste ? 400 : 20'000);
  ClientOptions options;
  options.timeouts.head = options.timeouts.body = wait;
  options.limits = {.headers = 4096, .header_fields = 32, .body = 100'000};
  return options;
}

// Answers every request of every connection alike.
TestServer::Handler answering(std::string response) {
  return [response = std::move(response)](Peer& peer) {
    while (!peer.read_head().empty()) {
      if (!peer.write(response)) return;
    }
  };
}

TEST(HttpClient, KeepsConnectionsAndUsesThemAgain) {
  TestServer server(answering(kHello));
  HttpClient client;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  EXPECT_EQ(server.accepted(), 1);
}

// RFC 9112 9.6: a client that has asked for the end closes, though the server would go on.
TEST(HttpClient, AConnectionThatWasAskedToCloseIsNotUsedAgain) {
  TestServer server(answering(kHello));
  HttpClient client;
  for (const char* value : {"close", "x, Close"}) {
    const Request request{
        .method = "GET", .url = server.url(), .fields = {{"connection", value}}, .body = {}};
    EXPECT_EQ(in_words(client.send(request).get()), "200 hello");
  }
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
  EXPECT_EQ(server.accepted(), 3);
}

TEST(HttpClient, FoldedFieldsAreRead) {
  TestServer server(answering("HTTP/1.1 600 No\r\nX-Note: one\r\n two\r\nContent-Length: 2\r\n\r\nhi"));
  HttpClient client;
  const Outcome outcome = client.send(get(server.url())).get();
  ASSERT_EQ(in_words(outcome), "600 hi");
  EXPECT_EQ(*outcome.response().find("X-Note"), "one two");
}

TEST(HttpClient, WordsForPeopleHoldNoControlCharacters) {
  const Error error{Stage::kRequest, ErrorKind::kInvalid, "not a URL: \x1b[31m\n"};
  EXPECT_EQ(error.to_string(), "request: invalid (not a URL: \\x1b[31m\\x0a)");
}

TEST(HttpClient, SendsWhatItWasTold) {
  std::promise<std::string> seen;
  TestServer server([&](Peer& peer) {
    std::string text = peer.read_head();
    while (!text.ends_with("body")) text += peer.read();
    seen.set_value(text);
    (void)peer.write(kHello);
  });
  HttpClient client;
  const Request request{
      .method = "POST", .url = server.url("/a b?c"), .fields = {{"X", "y"}}, .body = "body"};
  EXPECT_EQ(in_words(client.send(request).get()), "200 hello");
  EXPECT_EQ(seen.get_future().get(),
            "POST /a%20b?c HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nX: y\r\nContent-Length: 4\r\n\r\nbody");
}

TEST(HttpClient, ThousandsInFlight) {
  TestServer server([](Peer& peer) {
    while (!peer.read_head().empty()) (void)peer.write(kHello);
  });
  ClientOptions options;
  options.in_flight = 100;
  HttpClient client(options);
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < 3000; ++i) outcomes.push_back(client.send(get(server.url())));
  for (auto& outcome : outcomes) ASSERT_EQ(in_words(outcome.get()), "200 hello");
  EXPECT_LE(server.accepted(), 100);
}

struct Hostile {
  const char* name;
  TestServer::Handler handler;
  const char* expected;
};

const std::vector<Hostile> kHostile = {
    {"never answers", [](Peer& peer) { peer.wait_for_end(); }, "receive: timeout"},
    {"closes at once",
     [](Peer& peer) {
       (void)::shutdown(peer.fd(), SHUT_WR);
       peer.wait_for_end();
     },
     "receive: closed"},
    {"closes without an answer", [](Peer& peer) { (void)peer.read_head(); }, "receive: closed"},
    {"resets",
     [](Peer& peer) {
       (void)peer.read_head();
       peer.reset();
     },
     "receive: reset"},
    {"endless head",
     [](Peer& peer) {
       (void)peer.read_head();
       (void)peer.write("HTTP/1.1 200 OK\r\n");
       while (peer.write("X: " + std::string(1000, 'a') + "\r\n")) {
       }
     },
     "receive: too large"},
    {"endless line",
     [](Peer& peer) {
       (void)peer.read_head();
       (void)peer.write("HTTP/1.1 200 OK\r\nX: ");
       while (peer.write(std::string(1000, 'a'))) {
       }
     },
     "receive: too large"},
    {"endless interim responses",
     [](Peer& peer) {
       (void)peer.read_head();
       while (peer.write("HTTP/1.1 100 Continue\r\n\r\n")) {
       }
     },
     "receive: too large"},
    {"endless body",
     [](Peer& peer) {
       (void)peer.read_head();
       (void)peer.write("HTTP/1.1 200 OK\r\n\r\n");
       while (peer.write(std::string(10000, 'a'))) {
       }
     },
     "receive: too large"},
    {"endless chunks",
     [](Peer& peer) {
       (void)peer.read_head();
       (void)peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
       while (peer.write("3e8\r\n" + std::string(1000, 'a') + "\r\n")) {
       }
     },
     "receive: too large"},
    {"length too long to take", answering("HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"),
     "receive: too large"},
    {"length longer than the body",
     [](Peer& peer) {
       (void)peer.read_head();
       (void)peer.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello");
     },
     "receive: closed"},
    {"length longer, and waits", answering("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"),
     "receive: timeout"},
    {"two lengths", answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
     "receive: protocol"},
    {"bad chunk", answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
     "receive: protocol"},
    {"not HTTP", answering("SSH-2.0-OpenSSH\r\n"), "receive: protocol"},
    {"drips the head",
     [](Peer& peer) {
       (void)peer.read_head();
       for (const char c : "HTTP/1.1 200 OK\r\nX: " + std::string(3000, 'a')) {
         pollfd ended{.fd = peer.fd(), .events = POLLRDHUP, .revents = 0};
         if (::poll(&ended, 1, 5) != 0 || !peer.write({&c, 1})) return;
       }
     },
     "receive: timeout"},
    {"drips the body",
     [](Peer& peer) {
       (void)peer.read_head();
       (void)peer.write("HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n");
       for (int i = 0; i < 3000; ++i) {
         pollfd ended{.fd = peer.fd(), .events = POLLRDHUP, .revents = 0};
         if (::poll(&ended, 1, 5) != 0 || !peer.write("a")) return;
       }
     },
     "receive: timeout"},
};

TEST(HttpClient, HostileServersCostOneRequest) {
  for (const auto& [name, handler, expected] : kHostile) {
    TestServer hostile(handler);
    TestServer good(answering(kHello));
    HttpClient client(bounded(std::string_view(expected).ends_with("timeout")));
    auto bad = client.send(get(hostile.url()));
    EXPECT_EQ(in_words(client.send(get(good.url())).get()), "200 hello") << name;
    EXPECT_EQ(in_words(bad.get()), expected) << name;
  }
}

TEST(HttpClient, NobodyListens) {
  std::string url;
  { url = TestServer(answering(kHello)).url(); }
  HttpClient client;
  EXPECT_EQ(in_words(client.send(get(url)).get()), "connect: refused");
}

TEST(HttpClient, InvalidRequestsAreRefusedAtOnce) {
  HttpClient client;
  const Request cases[] = {
      get("nothing"),
      get("ftp://a/"),
      {.method = "G T", .url = "http://127.0.0.1:1/", .fields = {}, .body = {}},
      {.method = "CONNECT", .url = "http://127.0.0.1:1/", .fields = {}, .body = {}},
      {.method = "GET", .url = "http://127.0.0.1:1/", .fields = {{"X", "a\r\nY: b"}}, .body = {}},
      {.method = "GET", .url = "http://127.0.0.1:1/", .fields = {{"X:", "a"}}, .body = {}},
      {.method = "GET", .url = "http://127.0.0.1:1/", .fields = {{"content-length", "1"}}, .body = {}},
  };
  for (const Request& request : cases) {
    std::string words;
    (void)client.send(request, [&](const Outcome& outcome) { words = in_words(outcome); });
    EXPECT_EQ(words, "request: invalid") << request.url;
  }
}

TEST(HttpClient, QueueIsBounded) {
  TestServer silent([](Peer& peer) { peer.wait_for_end(); });
  ClientOptions options;
  options.queue = 2;
  options.in_flight = 1;
  HttpClient client(options);
  int full = 0;
  std::vector<std::future<Outcome>> waiting;
  for (int i = 0; i < 10; ++i) {
    auto outcome = client.send(get(silent.url()));
    const bool there = outcome.wait_for(milliseconds(0)) == std::future_status::ready;
    full += there && in_words(outcome.get()) == "queue: full" ? 1 : 0;
  }
  EXPECT_GE(full, 7);  // One is in flight, two wait.
}

TEST(HttpClient, CancelEndsARequestWhereverItIs) {
  std::promise<void> arrived;
  TestServer silent([&](Peer& peer) {
    (void)peer.read_head();
    arrived.set_value();
    peer.wait_for_end();
  });
  ClientOptions options;
  options.in_flight = 1;
  HttpClient client(options);
  std::promise<std::string> first;
  std::promise<std::string> second;
  const auto in_flight =
      client.send(get(silent.url()), [&](const Outcome& o) { first.set_value(in_words(o)); });
  const auto queued =
      client.send(get(silent.url()), [&](const Outcome& o) { second.set_value(in_words(o)); });
  arrived.get_future().wait();
  client.cancel(queued);
  client.cancel(in_flight);
  EXPECT_EQ(first.get_future().get(), "receive: cancelled");
  EXPECT_EQ(second.get_future().get(), "queue: cancelled");
}

TEST(HttpClient, DestructionEndsAllThatIsUnfinished) {
  TestServer silent([](Peer& peer) { peer.wait_for_end(); });
  std::vector<std::future<Outcome>> outcomes;
  {
    ClientOptions options;
    options.in_flight = 10;
    HttpClient client(options);
    for (int i = 0; i < 50; ++i) outcomes.push_back(client.send(get(silent.url())));
  }
  for (auto& outcome : outcomes) EXPECT_EQ(outcome.get().error().kind, ErrorKind::kCancelled);
}

TEST(HttpClient, AKeptConnectionThatHasGoneIsReplaced) {
  std::atomic<int> served{0};
  TestServer server([&](Peer& peer) {
    (void)peer.read_head();  // Says keep-alive, answers one request, and goes when it reads the next.
    (void)peer.write(kHello);
    if (++served % 2 == 1) (void)peer.read_head();
  });
  HttpClient client;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
}

TEST(HttpClient, PostIsNotSentTwice) {
  TestServer server([&](Peer& peer) {
    (void)peer.read_head();
    (void)peer.write(kHello);
    (void)peer.read_head();
  });
  HttpClient client;
  const Request post{.method = "POST", .url = server.url(), .fields = {}, .body = {}};
  EXPECT_EQ(in_words(client.send(post).get()), "200 hello");
  EXPECT_EQ(in_words(client.send(post).get()), "receive: closed");
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClient, UnaskedOctetsEndTheConnection) {
  TestServer server(answering(kHello + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
  HttpClient client;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
}

TEST(HttpClient, LargeBodiesBothWays) {
  const std::string large(8 << 20, 'x');
  TestServer server([&](Peer& peer) {
    std::string text = peer.read_head();
    const std::size_t body = text.find("\r\n\r\n") + 4;
    while (text.size() - body < large.size()) text += peer.read();
    (void)peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n" +
                     text.substr(body));
  });
  HttpClient client;
  const auto outcome = client.send({.method = "PUT", .url = server.url(), .fields = {}, .body = large}).get();
  ASSERT_TRUE(outcome) << outcome.error().to_string();
  EXPECT_TRUE(outcome.response().body == large);
}

TEST(HttpClient, AnEarlyAnswerIsTaken) {
  TestServer server([](Peer& peer) {
    (void)peer.read_head();
    (void)peer.write("HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nno");
    peer.wait_for_end();
  });
  HttpClient client;
  const Request request{
      .method = "PUT", .url = server.url(), .fields = {}, .body = std::string(32 << 20, 'x')};
  EXPECT_EQ(in_words(client.send(request).get()), "413 no");
}

std::atomic<int> broken_pipes{0};

// The callback holds the worker while the server ends the connection and then breaks it: so the next write of
// the large request meets EPIPE, and not ECONNRESET, which comes without a signal.
TEST(HttpClient, AServerThatHasGoneCostsNoSignal) {
  const auto before = std::signal(SIGPIPE, [](int) { ++broken_pipes; });
  std::promise<void> writing;
  std::promise<void> held;
  std::promise<void> gone;
  TestServer server([&](Peer& peer) {
    (void)peer.read_head();
    writing.set_value();
    held.get_future().wait();
    (void)::shutdown(peer.fd(), SHUT_WR);
    sockaddr nowhere{};
    nowhere.sa_family = AF_UNSPEC;
    (void)::connect(peer.fd(), &nowhere, sizeof nowhere);  // Sends a reset at once.
    gone.set_value();
  });
  TestServer other(answering(kHello));
  HttpClient client;
  auto large =
      client.send({.method = "PUT", .url = server.url(), .fields = {}, .body = std::string(32 << 20, 'x')});
  writing.get_future().wait();
  (void)client.send(get(other.url()), [&](const Outcome&) {
    held.set_value();
    gone.get_future().wait();
  });
  EXPECT_EQ(in_words(large.get()), "send: closed");
  EXPECT_EQ(broken_pipes, 0);
  (void)std::signal(SIGPIPE, before);
}

// --- Redirects -----------------------------------------------------------------------------------------

TEST(HttpClient, FollowsRedirects) {
  TestServer other(answering(kHello));
  std::promise<std::string> seen;
  TestServer server([&](Peer& peer) {
    for (std::string head = peer.read_head(); !head.empty(); head = peer.read_head()) {
      const bool first = head.starts_with("POST /first ");
      const std::string to = first ? "second" : other.url("/third");
      if (!first) seen.set_value(head.substr(0, head.find("\r\n")));
      (void)peer.write("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + to + "\r\n\r\n");
    }
  });
  HttpClient client;
  const auto outcome =
      client.send({.method = "POST", .url = server.url("/first"), .fields = {}, .body = "x"}).get();
  EXPECT_EQ(in_words(outcome), "200 hello");
  EXPECT_EQ(outcome.response().url, other.url("/third"));
  EXPECT_EQ(outcome.response().redirects, 2U);
  EXPECT_EQ(seen.get_future().get(), "GET /second HTTP/1.1");
}

TEST(HttpClient, RedirectsAreBounded) {
  TestServer server(answering("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /again\r\n\r\n"));
  HttpClient client;
  EXPECT_EQ(in_words(client.send(get(server.url())).get()), "redirect: too many");
}

TEST(HttpClient, RedirectsThatAreRefused) {
  for (const char* location : {"ftp://a/", "http://user@a/", "file:///etc/passwd"}) {
    TestServer server(
        answering("HTTP/1.1 302 F\r\nContent-Length: 0\r\nLocation: " + std::string(location) + "\r\n\r\n"));
    HttpClient client;
    EXPECT_EQ(in_words(client.send(get(server.url())).get()), "redirect: protocol") << location;
  }
}

// --- TLS -----------------------------------------------------------------------------------------------

class HttpClientTls : public testing::Test {
 protected:
  void SetUp() override { (void)std::signal(SIGPIPE, SIG_IGN); }  // The test server's SSL_write.
  [[nodiscard]] ClientOptions trusting() const {
    ClientOptions options = bounded();
    options.ca_file = identity_.file();
    return options;
  }
  TestIdentity identity_;
};

TEST_F(HttpClientTls, Serves) {
  TestServer server(answering(kHello), identity_.context());
  HttpClient client(trusting());
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(in_words(client.send(get(server.url("/", "localhost"))).get()), "200 hello");
  }
  EXPECT_EQ(server.accepted(), 1);
}

TEST_F(HttpClientTls, VerifiesByDefault) {
  TestServer server(answering(kHello), identity_.context());
  HttpClient untrusting(bounded());
  EXPECT_EQ(in_words(untrusting.send(get(server.url("/", "localhost"))).get()), "tls: certificate");
  HttpClient client(trusting());
  EXPECT_EQ(in_words(client.send(get(server.url("/", "127.0.0.1"))).get()), "tls: certificate");  // Its name.
  ClientOptions insecure = bounded();
  insecure.verify = false;
  EXPECT_EQ(in_words(HttpClient(insecure).send(get(server.url())).get()), "200 hello");
}

TEST_F(HttpClientTls, LargeBody) {
  const std::string large(90'000, 'x');
  TestServer server(answering("HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + large),
                    identity_.context());
  HttpClient client(trusting());
  const Request request{.method = "GET", .url = server.url("/", "localhost"), .fields = {}, .body = {}};
  EXPECT_EQ(in_words(client.send(request).get()), "200 " + large);
}

TEST_F(HttpClientTls, TruncationIsNoticed) {
  for (const bool orderly : {true, false}) {
    TestServer server(
        [orderly](Peer& peer) {
          (void)peer.read_head();
          (void)peer.write("HTTP/1.1 200 OK\r\n\r\nhello");
          if (orderly) peer.end_tls();
        },
        identity_.context());
    HttpClient client(trusting());
    EXPECT_EQ(in_words(client.send(get(server.url("/", "localhost"))).get()),
              orderly ? "200 hello" : "receive: closed");
  }
}

TEST_F(HttpClientTls, ServersThatDoNotSpeakTls) {
  struct Case {
    TestServer::Handler handler;
    const char* expected;
  };
  const Case cases[] = {
      {[](Peer& peer) {
         (void)peer.write("HTTP/1.1 400 Bad\r\n\r\n");
         peer.wait_for_end();
       },
       "tls: protocol"},
      {[](Peer& peer) {
         (void)peer.write(std::string(100, '\x01'));
         peer.wait_for_end();
       },
       "tls: protocol"},
      {[](Peer& peer) { (void)peer.read(); }, "tls: closed"},
      {[](Peer& peer) { peer.wait_for_end(); }, "tls: timeout"},
  };
  ClientOptions options = trusting();
  options.timeouts.tls = milliseconds(150);
  for (const auto& [handler, expected] : cases) {
    TestServer server(handler);
    HttpClient client(options);
    EXPECT_EQ(in_words(client.send(get("https://localhost:" + std::to_string(server.port()) + "/")).get()),
              expected);
  }
}

TEST_F(HttpClientTls, NoWayBackToHttp) {
  TestServer plain(answering(kHello));
  TestServer server(answering("HTTP/1.1 302 F\r\nContent-Length: 0\r\nLocation: " + plain.url() + "\r\n\r\n"),
                    identity_.context());
  HttpClient client(trusting());
  EXPECT_EQ(in_words(client.send(get(server.url("/", "localhost"))).get()), "redirect: protocol");
}

}  // namespace
}  // namespace pollux::client
