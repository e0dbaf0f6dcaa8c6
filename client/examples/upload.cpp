// Sends standard input as the body of a PUT, without holding it in memory:
//
//   client_upload URL < FILE
//
// A regular file never blocks, so its source can read on the worker. A source that must wait returns kWait,
// and the program calls HttpClient::resume() later.
#include <client/http_client.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <memory>

namespace {

using pollux::client::BodySource;
using pollux::client::HttpClient;

class Input final : public BodySource {
 public:
  [[nodiscard]] Read read(std::span<char> room) override {
    const ssize_t count = ::read(STDIN_FILENO, room.data(), room.size());
    if (count < 0) return {.octets = 0, .state = State::kFailed};
    return {.octets = static_cast<std::size_t>(count), .state = count == 0 ? State::kEnd : State::kMore};
  }
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) return 2;
  HttpClient client;
  const auto outcome =
      client.send({.method = "PUT", .url = argv[1], .source = std::make_shared<Input>()}).get();
  std::printf("%s\n", outcome ? outcome.response().body.c_str() : outcome.error().to_string().c_str());
  return outcome ? 0 : 1;
} catch (const std::exception& error) {
  (void)std::fprintf(stderr, "client_upload: %s\n", error.what());
  return 1;
}
