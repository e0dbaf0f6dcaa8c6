// bench_limit: the least a server can do. What a server costs beyond this, it spends on being a server.
//
//   bench_limit PORT THREADS FOLDER
//
// Each thread has an epoll loop and a listener of its own (SO_REUSEPORT), so threads share nothing. A request
// is looked at just enough to find its end and its path; the answer, head included, is in memory since the
// start. No parser, no timers, no limits, no log, no TLS, and no defence against anybody: it is a yardstick,
// never a server for people. It ends when it is killed.
//
// A client is accepted when its request is there (TCP_DEFER_ACCEPT) and answered at once; one that stays is
// registered, edge-triggered, once for both directions: no epoll_ctl after that. A recv that does not fill
// its buffer has drained the socket, which saves the recv that would say EAGAIN.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/unique_fd.h"
#include "bench/limit_dialogue.h"
#include "bench/limit_server.h"

namespace pollux::bench {
namespace {

constexpr std::size_t kEvents = 256;
constexpr std::size_t kSlices = 64;          // Answers for one writev.
constexpr std::size_t kInput = 16UL * 1024;  // Octets for one recv.

// One client. Lives on one thread.
class Client {
 public:
  explicit Client(UniqueFd socket) : socket_(std::move(socket)) {}

  [[nodiscard]] int fd() const { return socket_.get(); }

  // Reads, answers and writes what is possible now. false: the connection has ended.
  // `ending`: the client has shut down its side, so read to the end of it.
  [[nodiscard]] bool go_on(const Answers& answers, bool ending) {
    if (!flush()) return false;
    while (dialogue_.size() == 0) {  // Nobody reads for a client that does not.
      std::array<char, kInput> input;
      const ssize_t got = ::recv(fd(), input.data(), input.size(), 0);
      if (got < 0) return errno == EAGAIN;
      if (got == 0) return false;
      const auto octets = static_cast<std::size_t>(got);
      if (!dialogue_.take({input.data(), octets}, answers) || !flush()) return false;
      if (octets < input.size() && !ending) return true;
    }
    return true;
  }

 private:
  bool flush() {
    while (dialogue_.size() > 0) {
      std::array<iovec, kSlices> slices;
      const std::size_t count = dialogue_.unsent(slices);
      const ssize_t written = ::writev(fd(), slices.data(), static_cast<int>(count));
      if (written < 0) return errno == EAGAIN;
      dialogue_.sent(static_cast<std::size_t>(written));
    }
    return !dialogue_.closes();
  }

  UniqueFd socket_;
  Dialogue dialogue_;
};

class EpollLoop final : public Loop {
 public:
  EpollLoop(std::uint16_t port, const Answers& answers)
      : answers_(answers), epoll_(::epoll_create1(EPOLL_CLOEXEC)), listener_(listen_on(port)) {
    if (!epoll_) fail("epoll_create1", errno);
    watch(listener_.get(), EPOLLIN, nullptr);
  }

  [[noreturn]] void run() override {
    std::array<epoll_event, kEvents> events{};
    for (;;) {
      const int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        auto* client = static_cast<Client*>(event.data.ptr);
        if (client == nullptr) {
          accept_all();
        } else if (!client->go_on(answers_, (event.events & EPOLLRDHUP) != 0)) {
          const std::unique_ptr<Client> ended(client);  // One event for each descriptor in a batch: safe.
        }
      }
    }
  }

 private:
  void accept_all() {
    for (;;) {
      UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket) return;
      auto client = std::make_unique<Client>(std::move(socket));
      if (!client->go_on(answers_, false)) continue;
      watch(client->fd(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, client.get());
      (void)client.release();  // epoll has it, until it ends
    }
  }

  void watch(int fd, std::uint32_t events, Client* client) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = client;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl", errno);
  }

  const Answers& answers_;
  UniqueFd epoll_;
  UniqueFd listener_;
};

}  // namespace
}  // namespace pollux::bench

int main(int argc, char** argv) {
  using namespace pollux::bench;
  if (argc != 4) {
    fmt::print(stderr, "usage: bench_limit PORT THREADS FOLDER\n");
    return 2;
  }
  return run_loops("bench_limit", argv + 1, [](std::uint16_t port, const Answers& answers) {
    return std::make_unique<EpollLoop>(port, answers);
  });
}
