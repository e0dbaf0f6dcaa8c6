// A client that decodes content codings, keeps cookies, goes through a proxy if there is one, and waits for
// ten seconds at most:
//
//   client_options URL [PROXY]
#include <client/http_client.h>

#include <chrono>
#include <cstdio>
#include <exception>

int main(int argc, char** argv) try {
  if (argc < 2) return 2;
  pollux::client::ClientOptions options;
  options.decode = true;
  options.cookies = true;
  if (argc > 2) options.proxy = argv[2];
  options.timeouts.total = std::chrono::seconds(10);
  options.limits.body = 1024 * 1024;
  options.per_origin = 8;

  pollux::client::HttpClient client(options);
  for (int i = 0; i < 2; ++i) {  // With the cookies of the first, the second time.
    const auto outcome = client.send(argv[1]).get();
    if (!outcome) {
      std::printf("%s\n", outcome.error().to_string().c_str());
      return 1;
    }
    std::printf("%d %s\n", outcome.response().status, outcome.response().body.c_str());
  }
  return 0;
} catch (const std::exception& error) {
  (void)std::fprintf(stderr, "client_options: %s\n", error.what());
  return 1;
}
