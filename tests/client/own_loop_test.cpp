// The client without a worker thread: its work is done on a loop of the program.
#include <gtest/gtest.h>
#include <sys/epoll.h>

#include "client/http_client.h"
#include "net/event_loop.h"
#include "test_server.h"
#include "words.h"

namespace pollux::client {
namespace {

ClientOptions without_worker() {
  ClientOptions options;
  options.worker = false;
  return options;
}

// Of somebody else: it knows descriptors that are readable.
class PlainLoop {
 public:
  explicit PlainLoop(HttpClient& client) : client_(client), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event event{.events = EPOLLIN, .data = {}};
    EXPECT_EQ(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, client.descriptor(), &event), 0);
  }
  void run_until(const bool& done) {
    while (!done) {
      epoll_event event{};
      constexpr int kHang = 60'000;  // Milliseconds.
      ASSERT_EQ(::epoll_wait(epoll_.get(), &event, 1, kHang), 1);
      client_.dispatch();
    }
  }

 private:
  HttpClient& client_;
  UniqueFd epoll_;
};

TEST(OwnLoop, APlainEpollLoopIsEnough) {
  TestServer server(greeting());
  HttpClient client(without_worker());
  PlainLoop loop(client);
  const auto here = std::this_thread::get_id();
  int left = 100;
  bool done = false;
  for (int i = 0; i < 100; ++i) {
    (void)client.send(get(server.url()), [&](const Outcome& outcome) {
      EXPECT_EQ(in_words(outcome), "200 hello");
      EXPECT_EQ(std::this_thread::get_id(), here);
      done = --left == 0;
    });
  }
  loop.run_until(done);
}

TEST(OwnLoop, DeadlinesPass) {
  TestServer silent([](Peer& peer) { peer.wait_for_end(); });
  ClientOptions options = without_worker();
  options.timeouts.head = milliseconds(100);
  HttpClient client(options);
  PlainLoop loop(client);
  bool done = false;
  for (int i = 0; i < 2; ++i) {  // The second, when the timer has expired once.
    done = false;
    (void)client.send(get(silent.url()), [&](const Outcome& outcome) {
      EXPECT_EQ(in_words(outcome), "receive: timeout");
      done = true;
    });
    loop.run_until(done);
  }
}

// The loop of the server: so it can ask others, on the thread that serves.
TEST(OwnLoop, StandsInALoopOfTheServer) {
  TestServer server(greeting());
  HttpClient client(without_worker());
  net::EventLoop loop;
  struct Guest {
    HttpClient& client;
    void on_ready(std::uint32_t /*events*/) { client.dispatch(); }
  } guest{client};
  const auto channel = net::Channel::of<&Guest::on_ready>(client.descriptor(), guest);
  auto& watched = const_cast<net::Channel&>(channel);
  loop.add(watched, EPOLLIN);
  std::string first;
  std::string second;
  (void)client.send(get(server.url()), [&](const Outcome& outcome) {
    first = in_words(outcome);
    EXPECT_FALSE(loop.is_here());  // It is the client's own now,
    (void)client.send(get(server.url()), [&](const Outcome& other) {
      second = in_words(other);
      loop.stop();
    });
  });
  loop.post([&] {
    { const HttpClient brief(without_worker()); }  // Runs, and ends, on this thread,
    EXPECT_TRUE(loop.is_here());                   // which is the loop's as before.
  });
  loop.run();
  EXPECT_EQ(first + second, "200 hello200 hello");
}

TEST(OwnLoop, TheEndOfTheClientEndsWhatIsUnfinished) {
  TestServer silent([](Peer& peer) { peer.wait_for_end(); });
  int cancelled = 0;
  {
    HttpClient client(without_worker());
    for (int i = 0; i < 10; ++i) {
      (void)client.send(get(silent.url()), [&](const Outcome& outcome) {
        cancelled += outcome.error().kind == ErrorKind::kCancelled ? 1 : 0;
      });
    }
    client.dispatch();
  }
  EXPECT_EQ(cancelled, 10);
}

}  // namespace
}  // namespace pollux::client
