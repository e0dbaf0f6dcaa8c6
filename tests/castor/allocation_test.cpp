// In steady state the load generator allocates nothing for a request, TLS included but for what OpenSSL does:
// a run of twice as many requests on the same connections allocates no more.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <csignal>
#include <cstdlib>
#include <functional>

#include "castor/worker.h"
#include "tests/client/test_server.h"
#include "tests/want_of_memory.h"

#if !defined(HAS_SANITIZER) && defined(__GLIBC__)

namespace {

thread_local std::uint64_t allocations = 0;  // Calls of malloc() and its like, by whatever library.

}  // namespace

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);

// For all of this program, in front of the C library's.
void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  ++allocations;
  return __libc_realloc(memory, size);
}

}  // extern "C"

namespace pollux::castor {
namespace {

// OpenSSL has its own ways: about four allocations for a request and its response, whatever its user does.
// They are not counted. This has to be said before OpenSSL allocates anything.
const bool openssl_is_left_out =
    CRYPTO_set_mem_functions(
        [](std::size_t size, const char*, int) { return __libc_malloc(size); },
        [](void* memory, std::size_t size, const char*, int) { return __libc_realloc(memory, size); },
        [](void* memory, const char*, int) { std::free(memory); }) == 1;

constexpr std::uint64_t kRequests = 10'000;
constexpr std::uint64_t kEachSecond = 20;  // Its entry in the series, which grows.

void answer_all(client::Peer& peer) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  std::string received;
  std::string answers;
  for (;;) {
    const std::string more = peer.read();
    if (more.empty()) return;
    received += more;
    answers.clear();
    for (std::size_t end = received.find("\r\n\r\n"); end != std::string::npos;
         end = received.find("\r\n\r\n")) {
      received.erase(0, end + 4);
      answers += answer;
    }
    if (!peer.write(answers)) return;
  }
}

struct Cost {
  std::uint64_t allocations;
  double seconds;
};

// A run on this thread.
Cost run(Options options, std::uint64_t requests) {
  options.requests = requests;
  const Targets targets = Targets::of(options);
  Series series;
  const TimePoint start = std::chrono::steady_clock::now();
  const Plan plan{.options = options, .targets = targets, .series = series, .times = {start, start}};
  Worker worker(plan, 0);
  const std::uint64_t before = allocations;
  worker.run();
  EXPECT_EQ(worker.tally().succeeded, requests);
  EXPECT_EQ(worker.tally().opened, options.clients);
  return {allocations - before, Seconds(worker.ended() - start).count()};
}

TEST(Allocations, NoneForARequest) {
  (void)std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes for the peer.
  ASSERT_TRUE(openssl_is_left_out);
  const client::TestIdentity identity;
  struct Case {
    const char* name;
    bool https;
    std::function<void(Options&)> set;
  };
  const Case cases[] = {
      {"closed loop", false, [](Options&) {}},
      {"pipeline", false, [](Options& options) { options.pipeline = 4; }},
      {"open loop", false, [](Options& options) { options.rate = 100'000; }},
      {"several URLs", false, [](Options& options) { options.urls.push_back(options.urls.front() + "b"); }},
      {"https", true, [](Options&) {}},
  };
  for (const auto& [name, https, set] : cases) {
    const client::TestServer server(answer_all, https ? identity.context() : nullptr);
    Options options;
    options.urls = {server.url("/", https ? "localhost" : "127.0.0.1")};
    options.ca_file = identity.file();
    options.clients = 4;
    options.keep_alive = true;
    set(options);
    const Cost once = run(options, kRequests);
    const Cost twice = run(options, 2 * kRequests);
    EXPECT_LE(twice.allocations,
              once.allocations + kEachSecond * static_cast<std::uint64_t>(1 + twice.seconds))
        << name << ": " << twice.seconds << " s";
  }
}

}  // namespace
}  // namespace pollux::castor

#endif
