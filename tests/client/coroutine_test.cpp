// co_await.
#include <gtest/gtest.h>

#include <stdexcept>

#include "client/http_client.h"
#include "client/task.h"
#include "test_server.h"
#include "words.h"

namespace pollux::client {
namespace {

Task<std::string> fetch(HttpClient& client, std::string url, std::stop_token stop = {}) {
  co_return in_words(co_await client.get(url, std::move(stop)));
}

Task<std::string> fetch_in_turn(HttpClient& client, std::string url, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += co_await fetch(client, url) + "\n";
  co_return all;
}

TEST(Coroutine, GoesOnWithTheResponse) {
  TestServer server(greeting());
  HttpClient client;
  EXPECT_EQ(spawn(fetch_in_turn(client, server.url(), 3)).get(), "200 hello\n200 hello\n200 hello\n");
  EXPECT_EQ(server.accepted(), 1);
}

TEST(Coroutine, ManyAtATime) {
  TestServer server(greeting());
  ClientOptions options;
  options.per_origin = 10;
  HttpClient client(options);
  std::vector<std::future<std::string>> all;
  for (int i = 0; i < 500; ++i) all.push_back(spawn(fetch_in_turn(client, server.url(), 2)));
  for (auto& one : all) EXPECT_EQ(one.get(), "200 hello\n200 hello\n");
}

TEST(Coroutine, GoesOnAtOnceWhereTheRequestIsRefused) {
  HttpClient client;
  auto refused = spawn(fetch(client, "nothing"));
  EXPECT_EQ(refused.wait_for(milliseconds(0)), std::future_status::ready);
  EXPECT_EQ(refused.get(), "request: invalid");
}

TEST(Coroutine, AStopCancels) {
  std::promise<void> arrived;
  TestServer silent([&](Peer& peer) {
    (void)peer.read_head();
    arrived.set_value();
    peer.wait_for_end();
  });
  HttpClient client;
  std::stop_source stop;
  auto before = spawn(fetch(client, silent.url(), stop.get_token()));
  arrived.get_future().wait();
  stop.request_stop();
  EXPECT_EQ(before.get(), "receive: cancelled");
  EXPECT_EQ(spawn(fetch(client, silent.url(), stop.get_token())).get(), "queue: cancelled");
}

Task<int> failing(HttpClient& client, std::string url) {
  (void)co_await client.get(url);
  throw std::runtime_error("of the coroutine");
}

TEST(Coroutine, ExceptionsGoToWhoeverAwaits) {
  TestServer server(greeting());
  HttpClient client;
  EXPECT_THROW((void)spawn(failing(client, server.url())).get(), std::runtime_error);
}

TEST(Coroutine, TheEndOfTheClientIsAnOutcome) {
  TestServer silent([](Peer& peer) { peer.wait_for_end(); });
  std::future<std::string> outcome;
  {
    HttpClient client;
    outcome = spawn(fetch(client, silent.url()));
  }
  EXPECT_TRUE(outcome.get().ends_with(": cancelled"));
}

}  // namespace
}  // namespace pollux::client
