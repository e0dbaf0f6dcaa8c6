// Proxies, well-behaved and others; cookies and the bound of connections against real servers.
#include <gtest/gtest.h>

#include <csignal>
#include <latch>

#include "client/http_client.h"
#include "test_server.h"
#include "words.h"

namespace pollux::client {
namespace {

ClientOptions by(const TestServer& proxy) {
  ClientOptions options;
  options.proxy = proxy.url("");
  options.proxy_authorization = "Basic eDp5";
  options.timeouts.connect = milliseconds(20'000);
  return options;
}

TEST(Proxy, IsAskedForTheWholeUrlInPlainText) {
  std::promise<std::string> seen;
  TestServer proxy([&](Peer& peer) {
    seen.set_value(peer.read_head());
    (void)peer.write(kHello);
  });
  HttpClient client(by(proxy));
  EXPECT_EQ(in_words(client.send(get("http://nowhere.invalid:81/a?b")).get()), "200 hello");
  EXPECT_EQ(seen.get_future().get(),
            "GET http://nowhere.invalid:81/a?b HTTP/1.1\r\nHost: nowhere.invalid:81\r\n"
            "Proxy-Authorization: Basic eDp5\r\n\r\n");
}

class ProxyTunnelTo : public testing::Test {
 protected:
  void SetUp() override { (void)std::signal(SIGPIPE, SIG_IGN); }  // The test server's SSL_write.

  // Joins the peer with the server behind it.
  static void join(Peer& peer, std::uint16_t port) {
    auto address = net::SocketAddress::parse("127.0.0.1:" + std::to_string(port)).value();
    const UniqueFd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(server.get(), address.data(), address.size()), 0);
    std::array<pollfd, 2> ends{{{.fd = peer.fd(), .events = POLLIN, .revents = 0},
                                {.fd = server.get(), .events = POLLIN, .revents = 0}}};
    std::array<char, 4096> octets;
    while (::poll(ends.data(), ends.size(), -1) > 0) {
      for (std::size_t i = 0; i < 2; ++i) {
        if (ends[i].revents == 0) continue;
        const ssize_t count = ::recv(ends[i].fd, octets.data(), octets.size(), 0);
        if (count <= 0) return;
        (void)::send(ends[1 - i].fd, octets.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL);
      }
    }
  }

  TestIdentity identity_;
};

TEST_F(ProxyTunnelTo, AServerThatSpeaksTls) {
  TestServer server(greeting(), identity_.context());
  std::promise<std::string> seen;
  TestServer proxy([&](Peer& peer) {
    seen.set_value(peer.read_head());
    (void)peer.write("HTTP/1.1 200 Connection established\r\n\r\n");
    join(peer, server.port());
  });
  ClientOptions options = by(proxy);
  options.ca_file = identity_.file();
  HttpClient client(options);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(in_words(client.send(get(server.url("/", "localhost"))).get()), "200 hello");
  }
  const std::string authority = "localhost:" + std::to_string(server.port());
  EXPECT_EQ(seen.get_future().get(), "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority +
                                         "\r\nProxy-Authorization: Basic eDp5\r\n\r\n");
  EXPECT_EQ(proxy.accepted(), 1);
}

TEST(Proxy, WhatItSaysIsNotTheServersResponse) {
  struct Case {
    const char* answer;
    const char* expected;
  };
  const Case cases[] = {
      {"HTTP/1.1 407 Who are you\r\nContent-Length: 5\r\n\r\nhello", "proxy: refused"},
      {"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\n\r\n", "proxy: refused"},
      {"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "proxy: protocol"},
      {"HTTP/1.1 101 Other\r\n\r\n", "proxy: protocol"},
      {"SSH-2.0-OpenSSH\r\n", "proxy: protocol"},
      {"", "proxy: closed"},
      {"HTTP/1.1 200 O", "proxy: closed"},
  };
  for (const auto& [answer, expected] : cases) {
    TestServer proxy([answer = answer](Peer& peer) {
      (void)peer.read_head();
      (void)peer.write(answer);
      (void)::shutdown(peer.fd(), SHUT_WR);
      peer.wait_for_end();
    });
    HttpClient client(by(proxy));
    EXPECT_EQ(in_words(client.send(get("https://localhost:1/")).get()), expected) << answer;
  }
}

TEST(Proxy, EndlessAnswersAndNoneAreBounded) {
  ClientOptions options;
  TestServer endless([](Peer& peer) {
    (void)peer.read_head();
    (void)peer.write("HTTP/1.1 200 OK\r\n");
    while (peer.write("X: " + std::string(1000, 'a') + "\r\n")) {
    }
  });
  EXPECT_EQ(in_words(HttpClient(by(endless)).send(get("https://localhost:1/")).get()), "proxy: too large");
  TestServer silent([](Peer& peer) { peer.wait_for_end(); });
  options = by(silent);
  options.timeouts.connect = milliseconds(200);
  EXPECT_EQ(in_words(HttpClient(options).send(get("https://localhost:1/")).get()), "proxy: timeout");
}

TEST(Proxy, MustBeAnHttpUrl) {
  for (const char* url : {"localhost:3128", "https://localhost/", "http://user:secret@localhost/"}) {
    ClientOptions options;
    options.proxy = url;
    EXPECT_THROW(HttpClient client(options), std::invalid_argument) << url;
  }
}

// --- Cookies ---------------------------------------------------------------------------------------------

TEST(Cookies, GoBackIfTheyAreAskedFor) {
  for (const bool wanted : {true, false}) {
    std::string seen;
    TestServer server([&](Peer& peer) {
      for (std::string head = peer.read_head(); !head.empty(); head = peer.read_head()) {
        const std::size_t field = head.find("Cookie: ");
        seen += field == std::string::npos ? "none\n"
                                           : head.substr(field, head.find("\r\n", field) - field) + "\n";
        const bool first = head.starts_with("GET / ");
        (void)peer.write(
            first ? "HTTP/1.1 302 F\r\nSet-Cookie: a=b\r\nset-cookie: c=d; Path=/x\r\nLocation: /x\r\n"
                    "Content-Length: 0\r\n\r\n"
                  : kHello);
      }
    });
    ClientOptions options;
    options.cookies = wanted;
    HttpClient client(options);
    EXPECT_EQ(in_words(client.send(get(server.url())).get()), "200 hello");
    EXPECT_EQ(in_words(client.send(get(server.url("/y"))).get()), "200 hello");
    EXPECT_EQ(seen, wanted ? "none\nCookie: c=d; a=b\nCookie: a=b\n" : "none\nnone\nnone\n");
  }
}

// --- Connections to one origin ---------------------------------------------------------------------------

TEST(PerOrigin, NoMoreConnectionsThanThat) {
  TestServer server(greeting());
  ClientOptions options;
  options.per_origin = 3;
  HttpClient client(options);
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < 1000; ++i) outcomes.push_back(client.send(get(server.url())));
  for (auto& outcome : outcomes) ASSERT_EQ(in_words(outcome.get()), "200 hello");
  EXPECT_LE(server.accepted(), 3);
}

TEST(PerOrigin, WhoWaitsCanBeCancelledAndHasADeadline) {
  std::latch arrived(1);
  TestServer silent([&](Peer& peer) {
    (void)peer.read_head();
    arrived.count_down();
    peer.wait_for_end();
  });
  ClientOptions options;
  options.per_origin = 1;
  options.timeouts.total = milliseconds(1000);
  options.timeouts.head = milliseconds(20'000);
  HttpClient client(options);
  auto first = client.send(get(silent.url()));
  arrived.wait();
  std::promise<std::string> cancelled;
  auto late = client.send(get(silent.url()));
  const auto ticket =
      client.send(get(silent.url()), [&](const Outcome& o) { cancelled.set_value(in_words(o)); });
  client.cancel(ticket);
  EXPECT_EQ(cancelled.get_future().get(), "queue: cancelled");
  EXPECT_EQ(in_words(first.get()), "receive: timeout");
  EXPECT_NE(in_words(late.get()).find(": timeout"), std::string::npos);
}

TEST(PerOrigin, AServerThatClosesServesTheNextOnANewConnection) {
  TestServer server([](Peer& peer) {
    (void)peer.read_head();
    (void)peer.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
  });
  ClientOptions options;
  options.per_origin = 2;
  HttpClient client(options);
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < 50; ++i) outcomes.push_back(client.send(get(server.url())));
  for (auto& outcome : outcomes) ASSERT_EQ(in_words(outcome.get()), "200 hello");
}

}  // namespace
}  // namespace pollux::client
