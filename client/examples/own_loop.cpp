// Fetches URLs in the program's own epoll loop, without a worker thread:
//
//   client_own_loop URL...
#include <client/http_client.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

namespace {

using pollux::client::ClientOptions;
using pollux::client::HttpClient;
using pollux::client::Outcome;

// The loop of a program that waits for other events, too.
class Loop {
 public:
  Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() { (void)::close(epoll_); }

  void watch(int descriptor) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    (void)::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }
  // A descriptor that is readable.
  [[nodiscard]] int wait() {
    epoll_event event{};
    return ::epoll_wait(epoll_, &event, 1, -1) == 1 ? event.data.fd : -1;
  }

 private:
  int epoll_;
};

}  // namespace

int main(int argc, char** argv) try {
  ClientOptions options;
  options.worker = false;
  HttpClient client(options);
  Loop loop;
  loop.watch(client.descriptor());

  int left = argc - 1;
  int failed = 0;
  for (int i = 1; i < argc; ++i) {
    // Called by dispatch(), on this thread, so nothing here needs a lock.
    (void)client.send({.url = argv[i]}, [&left, &failed](const Outcome& outcome) {
      --left;
      if (!outcome) ++failed;
      std::printf("%s\n", outcome ? outcome.response().body.c_str() : outcome.error().to_string().c_str());
    });
  }
  while (left > 0) {
    if (loop.wait() == client.descriptor()) client.dispatch();
  }
  return failed == 0 ? 0 : 1;
} catch (const std::exception& error) {
  (void)std::fprintf(stderr, "client_own_loop: %s\n", error.what());
  return 1;
}
