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
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "bench/limit_answers.h"

namespace pollux::bench {
namespace {

constexpr std::size_t kEvents = 256;
constexpr std::size_t kSlices = 64;           // Answers for one writev.
constexpr std::size_t kInput = 16UL * 1024;   // Octets for one recv.
constexpr std::size_t kMaxHead = 8UL * 1024;  // Octets of an unfinished request.
constexpr int kBacklog = 4096;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::system_category(), what); }

// One client. Lives on one thread.
class Client {
 public:
  explicit Client(UniqueFd socket) : socket_(std::move(socket)) {}

  [[nodiscard]] int fd() const { return socket_.get(); }

  // Reads, answers and writes what is possible now. false: the connection has ended.
  // `ending`: the client has shut down its side, so read to the end of it.
  [[nodiscard]] bool go_on(const Answers& answers, bool ending) {
    if (!flush()) return false;
    while (answers_.empty()) {  // Nobody reads for a client that does not.
      std::array<char, kInput> input;
      const ssize_t got = ::recv(fd(), input.data(), input.size(), 0);
      if (got < 0) return errno == EAGAIN;
      if (got == 0) return false;
      const auto octets = static_cast<std::size_t>(got);
      if (!take({input.data(), octets}, answers) || !flush()) return false;
      if (octets < input.size() && !ending) return true;
    }
    return true;
  }

 private:
  bool take(std::string_view input, const Answers& answers) {
    const bool unfinished = !partial_.empty();
    if (unfinished) input = partial_.append(input);
    for (std::size_t end = input.find("\r\n\r\n"); end != std::string_view::npos;
         end = input.find("\r\n\r\n")) {
      const std::string_view request = input.substr(0, end + 4);
      const Answer* answer = answers.find(request);
      if (answer == nullptr) return false;
      answers_.push_back(answer);
      close_ = close_ || answer->close;
      input.remove_prefix(end + 4);
    }
    if (input.size() > kMaxHead) return false;
    if (unfinished || !input.empty()) partial_ = std::string(input);
    return true;
  }

  bool flush() {
    while (next_ < answers_.size()) {
      std::array<iovec, kSlices> slices{};
      const std::size_t count = std::min(kSlices, answers_.size() - next_);
      for (std::size_t i = 0; i < count; ++i) {
        const std::string& answer = answers_[next_ + i]->octets;
        const std::size_t skip = i == 0 ? sent_ : 0;
        slices[i] = {const_cast<char*>(answer.data()) + skip, answer.size() - skip};  // writev only reads
      }
      const ssize_t written = ::writev(fd(), slices.data(), static_cast<int>(count));
      if (written < 0) return errno == EAGAIN;
      sent_ += static_cast<std::size_t>(written);
      while (next_ < answers_.size() && sent_ >= answers_[next_]->octets.size())
        sent_ -= answers_[next_++]->octets.size();
    }
    answers_.clear();
    next_ = 0;
    return !close_;
  }

  UniqueFd socket_;
  std::vector<const Answer*> answers_;  // To be sent, from next_ on.
  std::size_t next_ = 0;
  std::size_t sent_ = 0;  // Octets of the answer at next_.
  std::string partial_;   // A request that came in pieces.
  bool close_ = false;
};

UniqueFd listen_on(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) fail("socket");
  const int on = 1;
  for (const auto& [level, option] : {std::pair{SOL_SOCKET, SO_REUSEADDR},
                                      {SOL_SOCKET, SO_REUSEPORT},
                                      {IPPROTO_TCP, TCP_NODELAY},
                                      {IPPROTO_TCP, TCP_DEFER_ACCEPT}}) {
    if (::setsockopt(fd.get(), level, option, &on, sizeof on) != 0) fail("setsockopt");
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (::listen(fd.get(), kBacklog) != 0) fail("listen");
  return fd;
}

class Loop {
 public:
  Loop(std::uint16_t port, const Answers& answers)
      : answers_(answers), epoll_(::epoll_create1(EPOLL_CLOEXEC)), listener_(listen_on(port)) {
    if (!epoll_) fail("epoll_create1");
    watch(listener_.get(), EPOLLIN, nullptr);
  }

  [[noreturn]] void run() {
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
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }

  const Answers& answers_;
  UniqueFd epoll_;
  UniqueFd listener_;
};

void serve(std::uint16_t port, std::size_t threads, const std::string& directory) {
  const Answers answers(directory);
  std::vector<std::unique_ptr<Loop>> loops;
  for (std::size_t i = 0; i < threads; ++i) loops.push_back(std::make_unique<Loop>(port, answers));
  std::vector<std::thread> running;
  running.reserve(threads);
  for (const auto& loop : loops) running.emplace_back([&loop] { loop->run(); });
  fmt::print("listening on http://127.0.0.1:{}\n", port);
  (void)std::fflush(stdout);
  for (std::thread& thread : running) thread.join();
}

}  // namespace
}  // namespace pollux::bench

int main(int argc, char** argv) try {
  if (argc != 4) {
    fmt::print(stderr, "usage: bench_limit PORT THREADS FOLDER\n");
    return 2;
  }
  (void)std::signal(SIGPIPE, SIG_IGN);
  pollux::bench::serve(static_cast<std::uint16_t>(std::stoul(argv[1])), std::stoul(argv[2]), argv[3]);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_limit: {}\n", error.what());
  return 1;
}
