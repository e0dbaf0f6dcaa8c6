// bench_known_delay: a server whose latencies are known, to measure load generators with (bench/accuracy).
//
//   bench_known_delay PORT PLACES LOG
//
// A request takes one of PLACES, stays there for its delay and is answered; while all are taken it waits in a
// queue, first come, first served. So the capacity is PLACES / mean delay, and above some load there are
// queues, as at any server. Delays are log-normal (median 20 ms, sigma 0.7) between 1 and 200 ms: a table of
// 10,000 quantiles, shuffled with a fixed seed, whose entries are taken in turn. Their percentiles are
// therefore those of the table, and no matter of chance.
//
// On SIGTERM it writes LOG: of each request, in nanoseconds, when it came (steady clock), the delay it was to
// have, and how long after it had come its response was sent. A request comes when the kernel has it
// (SO_TIMESTAMPNS), and not when this program gets to read it: its own being late is no secret then.
//
// One thread. It sleeps until shortly before a response is due and looks without sleeping from then on, so
// responses leave within microseconds of their time.
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <numeric>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace pollux::bench {
namespace {

using Nanoseconds = std::int64_t;

constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view kEndOfRequest = "\r\n\r\n";
constexpr std::size_t kDelays = 10'000;
constexpr Nanoseconds kMillisecond = 1'000'000;
constexpr Nanoseconds kAwake = 20'000;  // Before a response is due: sleeping lasts about that much longer.
constexpr int kBacklog = 4096;

volatile std::sig_atomic_t ended = 0;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::system_category(), what); }

Nanoseconds now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

// What recvmsg() says of when the octets came, in the time of now(); now() if it does not say.
Nanoseconds time_of(msghdr& message) {
  const Nanoseconds steady = now();
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec came{};
    std::memcpy(&came, CMSG_DATA(part), sizeof came);
    const Nanoseconds wall =
        std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
    return steady - (wall - (came.tv_sec * 1'000'000'000 + came.tv_nsec));
  }
  return steady;
}

// The inverse of the normal distribution's function, by bisection: it is called 10,000 times in all.
double normal_quantile(double part) {
  double low = -10;
  double high = 10;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::sqrt(2.0)) / 2 < part ? low : high) = middle;
  }
  return low;
}

std::vector<Nanoseconds> make_delays() {
  std::vector<Nanoseconds> delays;
  for (std::size_t i = 0; i < kDelays; ++i) {
    const double part = (static_cast<double>(i) + 0.5) / static_cast<double>(kDelays);
    const double milliseconds = std::clamp(20 * std::exp(0.7 * normal_quantile(part)), 1.0, 200.0);
    delays.push_back(static_cast<Nanoseconds>(milliseconds * kMillisecond));
  }
  // std::shuffle may differ from library to library.
  std::mt19937_64 random(1);
  for (std::size_t i = kDelays - 1; i > 0; --i) std::swap(delays[i], delays[random() % (i + 1)]);
  return delays;
}

UniqueFd listen_on(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      ::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
      ::bind(fd.get(), generic, size) != 0 || ::listen(fd.get(), kBacklog) != 0 ||
      ::getsockname(fd.get(), generic, &size) != 0)
    fail("listen");
  fmt::print("listening on http://127.0.0.1:{}\n", ntohs(address.sin_port));
  return fd;
}

struct Visit {
  int client;                // The descriptor,
  std::uint64_t connection;  // and whose it was: another connection may have it by then.
  Nanoseconds came;
  Nanoseconds delay;
};

struct Stay {
  Nanoseconds until;
  Visit visit;
  bool operator>(const Stay& other) const { return until > other.until; }
};

struct Answered {
  Nanoseconds came;
  Nanoseconds delay;
  Nanoseconds took;
};

struct Connection {
  UniqueFd fd;
  std::uint64_t number;
  std::string partial;
};

class Server {
 public:
  Server(std::uint16_t port, std::size_t places)
      : places_(places), delays_(make_delays()), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) fail("epoll_create1");
    listener_ = listen_on(port);
    watch(listener_.get(), EPOLLIN);
    const double mean = static_cast<double>(std::accumulate(delays_.begin(), delays_.end(), Nanoseconds{0})) /
                        static_cast<double>(delays_.size()) / 1e9;
    fmt::print("capacity {:.1f}/s\n", static_cast<double>(places) / mean);
    (void)std::fflush(stdout);
  }

  void run(const sigset_t& while_waiting) {
    std::array<epoll_event, 256> events{};
    while (ended == 0) {
      const int ready = wait(events, while_waiting);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_.get()) {
          accept_all();
        } else {
          read_from(fd);
        }
        answer_due();  // They do not wait for a long batch.
      }
      answer_due();
    }
  }

  [[nodiscard]] const std::vector<Answered>& answered() const { return answered_; }

 private:
  int wait(std::array<epoll_event, 256>& events, const sigset_t& mask) {
    timespec time{};
    timespec* limit = nullptr;
    if (!stays_.empty()) {
      const Nanoseconds sleep = std::max<Nanoseconds>(0, stays_.top().until - now() - kAwake);
      time = {.tv_sec = sleep / 1'000'000'000, .tv_nsec = sleep % 1'000'000'000};
      limit = &time;
    }
    const int ready =
        ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()), limit, &mask);
    if (ready < 0 && errno != EINTR) fail("epoll_pwait2");
    return ready;
  }

  void accept_all() {
    for (;;) {
      UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fd) return;
      const int number = fd.get();
      watch(number, EPOLLIN);
      connections_[number] = {std::move(fd), ++opened_, {}};
    }
  }

  void read_from(int fd) {
    Connection& connection = connections_.at(fd);
    std::array<char, 16 * 1024> input;
    std::array<char, 256> control;
    iovec room{.iov_base = input.data(), .iov_len = input.size()};
    msghdr message{};
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(fd, &message, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      connections_.erase(fd);
      return;
    }
    const Nanoseconds came = time_of(message);
    std::string& partial = connection.partial;
    partial.append(input.data(), static_cast<std::size_t>(count));
    while (const std::size_t end = partial.find(kEndOfRequest) + 1) {
      partial.erase(0, end - 1 + kEndOfRequest.size());
      queue_.push_back({fd, connection.number, came, delays_[next_++ % delays_.size()]});
    }
    fill_places(came);
  }

  void fill_places(Nanoseconds time) {
    while (!queue_.empty() && stays_.size() < places_) {
      const Visit& next = queue_.front();
      stays_.push({std::max(time, next.came) + next.delay, next});
      queue_.pop_front();
    }
  }

  // A place is given on from when it was to be left, so that the capacity is what it is said to be.
  void answer_due() {
    while (!stays_.empty() && stays_.top().until <= now()) {
      const auto [until, visit] = stays_.top();
      stays_.pop();
      const auto found = connections_.find(visit.client);
      if (found != connections_.end() && found->second.number == visit.connection) {
        answered_.push_back({visit.came, visit.delay, now() - visit.came});
        (void)::send(visit.client, kResponse.data(), kResponse.size(), MSG_NOSIGNAL);
      }
      fill_places(until);
    }
  }

  void watch(int fd, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }

  const std::size_t places_;
  const std::vector<Nanoseconds> delays_;
  UniqueFd epoll_;
  UniqueFd listener_;
  std::unordered_map<int, Connection> connections_;
  std::uint64_t opened_ = 0;
  std::size_t next_ = 0;  // Of delays_.
  std::deque<Visit> queue_;
  std::priority_queue<Stay, std::vector<Stay>, std::greater<>> stays_;
  std::vector<Answered> answered_;
};

// Blocks SIGTERM but for while the server waits; returns the mask for that time.
sigset_t end_on_sigterm() {
  struct sigaction action {};
  action.sa_handler = [](int) { ended = 1; };
  (void)::sigaction(SIGTERM, &action, nullptr);
  sigset_t block;
  sigset_t before;
  ::sigemptyset(&block);
  ::sigaddset(&block, SIGTERM);
  (void)::pthread_sigmask(SIG_BLOCK, &block, &before);
  return before;
}

void run(std::uint16_t port, std::size_t places, const char* log) {
  (void)::prctl(PR_SET_TIMERSLACK, 1UL);
  const sigset_t while_waiting = end_on_sigterm();
  Server server(port, places);
  server.run(while_waiting);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(log, "we"), std::fclose);
  if (!file) fail(log);
  for (const auto& [came, delay, took] : server.answered())
    fmt::print(file.get(), "{} {} {}\n", came, delay, took);
}

}  // namespace
}  // namespace pollux::bench

int main(int argc, char** argv) try {
  if (argc != 4) {
    fmt::print(stderr, "usage: bench_known_delay PORT PLACES LOG\n");
    return 2;
  }
  pollux::bench::run(static_cast<std::uint16_t>(std::stoul(argv[1])), std::stoul(argv[2]), argv[3]);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_known_delay: {}\n", error.what());
  return 1;
}
