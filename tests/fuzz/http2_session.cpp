// A connection of HTTP/2: whatever a client sends, the session says something bounded, ends of its own accord
// or waits, and forgets all it knew.
//
// The first octet says how long the pieces are. What follows the preface is the rest of the input.
#include <atomic>
#include <optional>

#include "files/static_files.h"
#include "fuzz.h"
#include "http/echo.h"
#include "http2/session.h"
#include "tests/temporary_directory.h"

namespace {

using namespace pollux;

struct World {
  test::TemporaryDirectory directory;
  files::FileCache cache{files::ResourceLoader(directory.path(), {.index = {"index.html"}}), {}};
  http::ErrorPages errors;
  files::StaticFiles files{cache, errors, 16};
  http::Echo echo{hosts};
  http::Router router = [this] {
    http::Router made(files);
    made.add(http::Echo::kPath, echo);
    return made;
  }();
  const http::Navigation navigation{};
  http::TrustedProxies proxies{{}};
  std::atomic<bool> draining{false};
  http::Hosts hosts{{.router = router, .errors = errors, .navigation = navigation}};
  http::Service service{.hosts = hosts,
                        .limits = {.request_line = 200, .headers = 2000, .header_fields = 50, .body = 5000},
                        .body_pace = {},
                        .proxies = proxies,
                        .secure_fields = {},
                        .draining = draining};
  http2::SessionOptions options{.frames = {.streams = 10, .tunnels = true}};
};

World& world() {
  static World made;
  return made;
}

constexpr std::size_t kMaxQueued = 1024 * 1024;  // Octets: 256 KiB, a frame more, and what may not wait.

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using Next = net::Protocol::Next;
  fuzz::Input input(data, size);
  const std::size_t step = 1 + input.octet();
  const std::string octets = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string(input.rest());
  http2::Session session(world().service, world().options, "192.0.2.7");
  Buffer in;
  OutputQueue out;
  Now now{};
  for (std::size_t at = 0; at < octets.size(); at += step) {
    in.append(std::string_view(octets).substr(at, step));
    now.steady += std::chrono::milliseconds(1);
    const auto taken = session.on_input({in, out, at + step >= octets.size(), now, at % 7 == 0});
    PROMISE(in.empty());
    PROMISE(out.size() <= kMaxQueued);
    PROMISE(session.memory() < 1024UL * 1024);
    std::string said(out.size(), '\0');
    std::size_t copied = 0;
    while (copied < said.size()) copied += out.take(std::span(said).subspan(copied)).value_or(said.size());
    if (taken.next != Next::kContinue) break;
  }
  session.on_trouble({in, out, true, now}, net::Protocol::Trouble::kOverload);
  session.on_close(out.consumed());
  return 0;
}
