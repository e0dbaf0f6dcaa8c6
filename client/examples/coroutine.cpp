// Fetches URLs one after the other, in a coroutine: the code reads as if it waited, but no thread does.
//
//   client_coroutine URL...
#include <client/http_client.h>
#include <client/task.h>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace {

using pollux::client::HttpClient;
using pollux::client::Outcome;
using pollux::client::Task;

Task<std::size_t> length_of(HttpClient& client, std::string url) {
  const Outcome outcome = co_await client.get(url);
  co_return outcome ? outcome.response().body.size() : 0;
}

Task<std::size_t> length_of_all(HttpClient& client, std::vector<std::string> urls) {
  std::size_t octets = 0;
  for (const std::string& url : urls) octets += co_await length_of(client, url);
  co_return octets;
}

}  // namespace

int main(int argc, char** argv) try {
  HttpClient client;
  std::printf("%zu octets\n", spawn(length_of_all(client, {argv + 1, argv + argc})).get());
  return 0;
} catch (const std::exception& error) {
  (void)std::fprintf(stderr, "client_coroutine: %s\n", error.what());
  return 1;
}
