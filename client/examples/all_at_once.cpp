// Fetches all given URLs at the same time:
//
//   client_all_at_once [--cacert FILE] URL...
#include <client/http_client.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

int main(int argc, char** argv) try {
  std::vector<std::string> urls(argv + 1, argv + argc);
  pollux::client::ClientOptions options;
  if (urls.size() >= 2 && urls[0] == "--cacert") {
    options.ca_file = urls[1];
    urls.erase(urls.begin(), urls.begin() + 2);
  }
  pollux::client::HttpClient client(options);
  std::vector<std::future<pollux::client::Outcome>> outcomes;
  outcomes.reserve(urls.size());
  for (const std::string& url : urls) outcomes.push_back(client.send(url));
  bool all_well = true;
  for (auto& future : outcomes) {
    const pollux::client::Outcome outcome = future.get();
    all_well = all_well && outcome.ok();
    if (outcome) {
      const auto& response = outcome.response();
      std::printf("%s %d %zu octets, %s\n", response.url.c_str(), response.status, response.body.size(),
                  response.http2 ? "HTTP/2" : "HTTP/1");
    } else {
      std::printf("%s\n", outcome.error().to_string().c_str());
    }
  }
  if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write to standard output");
  return all_well ? 0 : 1;
} catch (const std::exception& error) {
  (void)std::fprintf(stderr, "client_all_at_once: %s\n", error.what());
  return 1;
}
