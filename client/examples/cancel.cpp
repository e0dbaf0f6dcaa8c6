// Sends the same request to several servers, uses the first response, and cancels the other requests:
//
//   client_cancel URL...
#include <client/http_client.h>
#include <client/task.h>

#include <cstdio>
#include <exception>
#include <future>
#include <stop_token>
#include <string>
#include <vector>

namespace {

using pollux::client::HttpClient;
using pollux::client::Outcome;
using pollux::client::Task;

// The URL if its response was the first; "": it was cancelled, or has failed.
Task<std::string> race(HttpClient& client, std::string url, std::stop_source others) {
  const Outcome outcome = co_await client.get(url, others.get_token());
  if (!outcome || !others.request_stop()) co_return "";
  co_return url;
}

}  // namespace

int main(int argc, char** argv) try {
  HttpClient client;
  const std::stop_source all;
  std::vector<std::future<std::string>> racers;
  for (int i = 1; i < argc; ++i) racers.push_back(spawn(race(client, argv[i], all)));
  std::string first;
  for (auto& racer : racers) first += racer.get();
  std::printf("%s\n", first.c_str());
  return first.empty() ? 1 : 0;
} catch (const std::exception& error) {
  (void)std::fprintf(stderr, "client_cancel: %s\n", error.what());
  return 1;
}
