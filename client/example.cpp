// Fetches what it is told to, all at once:
//
//   client_example [--cacert FILE] URL...
#include <fmt/core.h>

#include <string>
#include <utility>
#include <vector>

#include "client/http_client.h"

int main(int argc, char** argv) {
  std::vector<std::string> urls(argv + 1, argv + argc);
  pollux::client::ClientOptions options;
  if (urls.size() >= 2 && urls[0] == "--cacert") {
    options.ca_file = urls[1];
    urls.erase(urls.begin(), urls.begin() + 2);
  }
  pollux::client::HttpClient client(options);
  std::vector<std::future<pollux::client::Outcome>> outcomes;
  for (const std::string& url : urls)
    outcomes.push_back(client.send({.method = "GET", .url = url, .fields = {}, .body = {}}));
  bool all_well = true;
  for (auto& future : outcomes) {
    const pollux::client::Outcome outcome = future.get();
    all_well = all_well && outcome.ok();
    if (outcome) {
      const auto& response = outcome.response();
      fmt::print("{} {} {} octets\n", response.url, response.status, response.body.size());
    } else {
      fmt::print("{}\n", outcome.error().to_string());
    }
  }
  return all_well ? 0 : 1;
}
