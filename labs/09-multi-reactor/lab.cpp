// Eight threads wait for clients in one of five ways, and clients come one at a time. How many threads
// does the kernel wake for each?
//
// A wake-up is counted by the kernel, not by the program: it is a voluntary switch of context of a thread
// that waits (voluntary_ctxt_switches in /proc). A thread that was woken, found nothing and waits again
// within epoll_wait(2) counts as well, although the program never hears of it.
#include "lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kThreads = 8;
constexpr int kClients = 64;

// Between two looks at what shall come. (A thread that only yields gets its turn late on a busy machine.)
void give_way() { std::this_thread::sleep_for(std::chrono::microseconds(20)); }

enum class Way { kAccept, kShared, kExclusive, kReusePort, kDeal };

int listen_on(std::uint16_t& port, bool reuse_port, bool non_blocking) {
  const int fd = lab::must(
      ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (non_blocking ? SOCK_NONBLOCK : 0), 0), "socket");
  const int on = 1;
  if (reuse_port) lab::must(::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), "setsockopt");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  lab::must(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  lab::must(::listen(fd, 128), "listen");
  socklen_t size = sizeof address;
  lab::must(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port = ntohs(address.sin_port);
  return fd;
}

void watch(int epoll, int fd, unsigned interest) {
  epoll_event event{};
  event.events = interest;
  event.data.fd = fd;
  lab::must(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

// Threads that wait for clients, each as `way` says.
class Herd {
 public:
  explicit Herd(Way way) : way_(way) {
    const bool own = way == Way::kReusePort;
    for (int i = 0; i < (own ? kThreads : 1); ++i)
      listeners_.push_back(listen_on(port_, own, way != Way::kAccept));
    if (way == Way::kDeal) {
      for (Inbox& inbox : inboxes_) lab::must(::pipe2(inbox.ends.data(), O_CLOEXEC), "pipe2");
      threads_.emplace_back([this] { deal(); });
    }
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads_.emplace_back(
          [this, i] { way_ == Way::kDeal ? serve_inbox(i) : serve(i, listeners_[own_listener(i)]); });
    }
    while (begun_.load() < static_cast<int>(threads_.size())) give_way();
  }
  Herd(const Herd&) = delete;
  Herd& operator=(const Herd&) = delete;
  ~Herd() {
    stopping_ = true;
    const std::uint64_t one = 1;
    lab::must(::write(bell_, &one, sizeof one), "write");
    for (const int fd : listeners_) ::shutdown(fd, SHUT_RDWR);  // Ends a blocking accept.
    for (std::thread& thread : threads_) thread.join();
    for (const Inbox& inbox : inboxes_) {
      for (const int fd : inbox.ends) {
        if (fd >= 0) ::close(fd);
      }
    }
    for (const int fd : listeners_) ::close(fd);
    ::close(bell_);
  }

  // One client connects, and is accepted.
  void client() {
    const int before = accepted();
    const int fd = lab::must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    lab::must(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
    while (accepted() == before) give_way();
    ::close(fd);
  }

  // How often the threads have been woken, once all of them wait again.
  [[nodiscard]] long wakeups() const {
    long last = -1;
    for (int alike = 0; alike < 3;) {
      give_way();
      long sum = 0;
      bool all_wait = true;
      for (std::size_t i = 0; i < threads_.size(); ++i) sum += looked_at(ids_[i].load(), all_wait);
      alike = all_wait && sum == last ? alike + 1 : 0;
      last = sum;
    }
    return last;
  }

  [[nodiscard]] int accepted() const {
    int sum = 0;
    for (const std::atomic<int>& count : accepted_) sum += count.load();
    return sum;
  }
  [[nodiscard]] int accepted_by(std::size_t thread) const { return accepted_[thread].load(); }
  [[nodiscard]] int in_vain() const { return in_vain_.load(); }

 private:
  [[nodiscard]] std::size_t own_listener(std::size_t thread) const {
    return way_ == Way::kReusePort ? thread : 0;
  }

  void serve(std::size_t index, int listener) {
    const int epoll = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    if (way_ != Way::kAccept) {
      watch(epoll, listener, way_ == Way::kExclusive ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN);
      watch(epoll, bell_, EPOLLIN);
    }
    begin();
    while (!stopping_) {
      epoll_event event{};
      if (way_ != Way::kAccept) lab::must(::epoll_wait(epoll, &event, 1, -1), "epoll_wait");
      if (stopping_) break;
      const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (client >= 0) {
        ::close(client);
        ++accepted_[index];
      } else {
        ++in_vain_;
      }
    }
    ::close(epoll);
  }

  // The main reactor: accepts, and deals clients out in turn.
  void deal() {
    const int epoll = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    watch(epoll, listeners_[0], EPOLLIN);
    watch(epoll, bell_, EPOLLIN);
    begin();
    for (std::size_t next = 0; !stopping_; next = (next + 1) % kThreads) {
      epoll_event event{};
      lab::must(::epoll_wait(epoll, &event, 1, -1), "epoll_wait");
      if (stopping_) break;
      const int client = lab::must(::accept4(listeners_[0], nullptr, nullptr, SOCK_CLOEXEC), "accept");
      lab::must(::write(inboxes_[next].ends[1], &client, sizeof client), "write");
    }
    ::close(epoll);
  }

  // A sub reactor: its clients come through a pipe, and stay.
  void serve_inbox(std::size_t index) {
    const int epoll = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    watch(epoll, inboxes_[index].ends[0], EPOLLIN);
    watch(epoll, bell_, EPOLLIN);
    begin();
    while (!stopping_) {
      epoll_event event{};
      lab::must(::epoll_wait(epoll, &event, 1, -1), "epoll_wait");
      if (stopping_) break;
      int client = -1;
      lab::must(::read(inboxes_[index].ends[0], &client, sizeof client), "read");
      ::close(client);
      ++accepted_[index];
    }
    ::close(epoll);
  }

  void begin() {
    const int place = taken_++;
    ids_[static_cast<std::size_t>(place)] = ::gettid();
    ++begun_;
  }

  // Its wake-ups so far. Clears `waits` if it does not wait.
  static long looked_at(int thread, bool& waits) {
    std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/status");
    long count = -1;
    for (std::string line; std::getline(file, line);) {
      if (line.rfind("State:", 0) == 0 && line.find("(sleeping)") == std::string::npos) waits = false;
      if (line.rfind("voluntary_ctxt_switches:", 0) == 0) count = std::stol(line.substr(24));
    }
    return count;
  }

  const Way way_;
  std::uint16_t port_ = 0;
  const int bell_ = lab::must(::eventfd(0, EFD_CLOEXEC), "eventfd");
  std::vector<int> listeners_;
  std::atomic<bool> stopping_{false};
  struct Inbox {
    std::array<int, 2> ends{-1, -1};
  };
  std::array<Inbox, kThreads> inboxes_;
  std::atomic<int> taken_{0};
  std::atomic<int> begun_{0};
  std::array<std::atomic<int>, kThreads + 1> ids_{};
  std::array<std::atomic<int>, kThreads> accepted_{};
  std::atomic<int> in_vain_{0};
  std::vector<std::thread> threads_;
};

struct Result {
  double wakeups = 0;  // For each client.
  int in_vain = 0;     // Calls of accept that found nobody.
  int least = 0;       // Clients of the thread that has fewest,
  int most = 0;        // and of the one that has most.
};

Result measured(Way way, const char* name) {
  Herd herd(way);
  const long before = herd.wakeups();
  long after = before;
  for (int i = 0; i < kClients; ++i) {
    herd.client();
    after = herd.wakeups();
  }
  Result result{static_cast<double>(after - before) / kClients, herd.in_vain(), kClients, 0};
  for (std::size_t i = 0; i < kThreads; ++i) {
    result.least = std::min(result.least, herd.accepted_by(i));
    result.most = std::max(result.most, herd.accepted_by(i));
  }
  std::printf("  %-34s %7.2f %10d %7d to %d\n", name, result.wakeups, result.in_vain, result.least,
              result.most);
  return result;
}

}  // namespace

int main() {
  std::printf("%d threads wait, %d clients come one at a time\n", kThreads, kClients);
  std::printf("  %-34s wakeups in vain  clients of a thread\n", "");
  const Result accept = measured(Way::kAccept, "one listener, blocked in accept");
  const Result shared = measured(Way::kShared, "one listener, an epoll for each");
  const Result exclusive = measured(Way::kExclusive, "the same with EPOLLEXCLUSIVE");
  const Result own = measured(Way::kReusePort, "SO_REUSEPORT, a listener for each");
  const Result dealt = measured(Way::kDeal, "a main reactor deals in turn");
  std::printf("\n");
  lab::shown(accept.wakeups < 1.5, "of the threads that block in accept, a client wakes one");
  lab::shown(
      shared.wakeups > 2.0,
      "of those that watch a shared listener, each by its own epoll, it wakes a herd, and one gets it");
  lab::shown(exclusive.wakeups < 1.5, "EPOLLEXCLUSIVE: a client wakes one");
  lab::shown(own.wakeups < 1.5 && own.in_vain == 0,
             "SO_REUSEPORT, a listener for each: a client wakes one, and nobody accepts in vain");
  lab::shown(own.most > own.least, "with SO_REUSEPORT the kernel deals clients out by a hash, so unevenly");
  lab::shown(dealt.wakeups < 2.5 && dealt.most == dealt.least,
             "main and sub reactors: a client wakes the main one and one other, and all get the same number");
  return lab::verdict();
}
