// The task thread and a resolver that answers when the test says so: nobody else's request waits for that,
// and neither does anybody's deadline.
#include "client/task_thread.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "client/driver.h"
#include "net/event_loop.h"
#include "test_server.h"
#include "words.h"

namespace pollux::client {
namespace {

// As HttpClient puts them together.
class Client {
 public:
  Client(const ClientOptions& options, AddressCache::Resolve resolve)
      : total_(options.timeouts.total),
        driver_(options, loop_),
        task_thread_(driver_, options.queue, options.in_flight, std::nullopt, std::move(resolve)) {
    driver_.start(task_thread_);
    worker_ = std::thread([this] { loop_.run(); });
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    task_thread_.stop();
    loop_.post([this] {
      driver_.end_all();
      loop_.post([this] { loop_.stop(); });
    });
    worker_.join();
  }

  struct Sent {
    ExchangePtr exchange;
    std::future<std::string> outcome;
  };
  Sent send(const std::string& url) {
    auto promise = std::make_shared<std::promise<std::string>>();
    auto exchange = std::make_shared<Exchange>();
    exchange->request = get(url);
    exchange->on_outcome = [promise](const Outcome& outcome) { promise->set_value(in_words(outcome)); };
    exchange->deadline = std::chrono::steady_clock::now() + total_;
    EXPECT_FALSE(check(*exchange));
    if (!task_thread_.submit(exchange)) promise->set_value("full");
    return {exchange, promise->get_future()};
  }
  void cancel(const Sent& sent) {
    sent.exchange->cancelled.store(true, std::memory_order_relaxed);
    driver_.cancel(sent.exchange);
  }

 private:
  const milliseconds total_;
  net::EventLoop loop_;
  Driver driver_;
  TaskThread task_thread_;
  std::thread worker_;
};

// slow.example is not found until it may be, all others are the server.
class SlowResolver {
 public:
  [[nodiscard]] AddressCache::Resolve resolve() {
    return [this](const std::string& host, std::uint16_t port) {
      ++asked_;
      if (host == "slow.example") {
        begun_.count_down();
        may_end_.wait();
        return Resolved{{}, "down"};
      }
      return Resolved{{net::SocketAddress::parse("127.0.0.1:" + std::to_string(port)).value()}, {}};
    };
  }
  void wait_until_asked() const { begun_.wait(); }
  void answer() { may_end_.count_down(); }
  [[nodiscard]] int asked() const { return asked_; }

 private:
  std::latch begun_{1};
  std::latch may_end_{1};
  std::atomic<int> asked_{0};
};

ClientOptions brief() {
  ClientOptions options;
  options.timeouts.total = milliseconds(300);
  return options;
}

TEST(TaskThread, ASlowNameHoldsUpNoOtherOfItsBatch) {
  TestServer server(greeting());
  SlowResolver resolver;
  std::latch batch_may_begin(1);
  Client client({}, [&, resolve = resolver.resolve()](const std::string& host, std::uint16_t port) {
    if (host == "first.example") batch_may_begin.wait();
    return resolve(host, port);
  });
  EXPECT_EQ(client.send(server.url("/", "known.example")).outcome.get(), "200 hello");
  auto first = client.send(server.url("/", "first.example"));  // The others become one batch meanwhile.
  auto slow = client.send("http://slow.example/");
  auto known = client.send(server.url("/", "known.example"));
  batch_may_begin.count_down();
  EXPECT_EQ(first.outcome.get(), "200 hello");
  EXPECT_EQ(known.outcome.get(), "200 hello");
  resolver.answer();
  EXPECT_EQ(slow.outcome.get(), "resolve: not found");
}

TEST(TaskThread, ANameIsAskedForOnceForAllThatWantIt) {
  SlowResolver resolver;
  Client client({}, resolver.resolve());
  std::vector<Client::Sent> sent;
  for (int i = 0; i < 100; ++i) sent.push_back(client.send("http://slow.example/" + std::to_string(i)));
  resolver.wait_until_asked();
  resolver.answer();
  for (Client::Sent& one : sent) EXPECT_EQ(one.outcome.get(), "resolve: not found");
  EXPECT_EQ(client.send("http://slow.example/").outcome.get(), "resolve: not found");
  EXPECT_EQ(resolver.asked(), 1);
}

TEST(TaskThread, TheTimeInAllPassesWhileTheResolverIsSlow) {
  SlowResolver resolver;
  Client client(brief(), resolver.resolve());
  auto slow = client.send("http://slow.example/");
  resolver.wait_until_asked();
  auto queued = client.send("http://known.example/");
  EXPECT_EQ(slow.outcome.get(), "resolve: timeout");
  EXPECT_EQ(queued.outcome.get(), "queue: timeout");
  auto later = client.send("http://slow.example/");  // The timer has fired, and is armed anew.
  EXPECT_EQ(later.outcome.get(), "queue: timeout");
  resolver.answer();
}

TEST(TaskThread, CancellingDoesNotWaitForTheResolver) {
  TestServer server(greeting());
  SlowResolver resolver;
  ClientOptions options;
  options.in_flight = 2;
  Client client(options, resolver.resolve());
  auto slow = client.send("http://slow.example/");
  resolver.wait_until_asked();
  auto queued = client.send(server.url());
  client.cancel(queued);
  EXPECT_EQ(queued.outcome.get(), "queue: cancelled");
  client.cancel(slow);
  EXPECT_EQ(slow.outcome.get(), "queue: cancelled");
  resolver.answer();
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(client.send(server.url()).outcome.get(), "200 hello");  // Places are free.
}

TEST(TaskThread, ItsEndDoesNotKeepCallersWaitingForTheResolver) {
  SlowResolver resolver;
  auto client = std::make_unique<Client>(ClientOptions(), resolver.resolve());
  auto slow = client->send("http://slow.example/");
  resolver.wait_until_asked();
  auto queued = client->send("http://slow.example/");
  std::thread ending([&] { client.reset(); });
  EXPECT_EQ(slow.outcome.get(), "queue: cancelled");
  EXPECT_EQ(queued.outcome.get(), "queue: cancelled");
  resolver.answer();  // Only now may the thread end.
  ending.join();
}

TEST(TaskThread, TheQueueHasPlaceAgainForThoseWhoseTimeIsUp) {
  SlowResolver resolver;
  ClientOptions options = brief();
  options.queue = 2;
  Client client(options, resolver.resolve());
  auto slow = client.send("http://slow.example/");
  resolver.wait_until_asked();
  auto one = client.send("http://known.example/");
  auto two = client.send("http://known.example/");
  EXPECT_EQ(client.send("http://known.example/").outcome.get(), "full");
  EXPECT_EQ(two.outcome.get(), "queue: timeout");
  EXPECT_EQ(client.send("http://known.example/").outcome.get(), "queue: timeout");
  resolver.answer();
}

}  // namespace
}  // namespace pollux::client
