// The same thousand clients on two echo servers. Counted: threads, memory, and how often a burst of requests,
// one of each client, has threads go to sleep. Then a third server, which has no descriptor left for a
// client.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/resource.h>

#include <vector>

#include "child.h"
#include "servers.h"

namespace {

sockaddr_in address_of(int socket) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  lab::must(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length), "getsockname");
  return address;
}

int listen_anywhere() {
  const int fd = lab::must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  lab::must(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  lab::must(::listen(fd, 4096), "listen");
  return fd;
}

int connect_to(int listener) {
  const sockaddr_in address = address_of(listener);
  const int fd = lab::must(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  lab::must(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  return fd;
}

void send_octet(int fd) { lab::must(::send(fd, "x", 1, MSG_NOSIGNAL), "send"); }

void read_octet(int fd) {
  char octet = 0;
  if (::read(fd, &octet, 1) != 1) {
    std::fprintf(stderr, "a client has lost its server\n");
    std::exit(2);
  }
}

struct Cost {
  long threads;
  long address_space;  // MiB.
  long memory;         // KiB for all the clients: resident, and the page tables for it.
  long switches;       // For a burst of one request of each client.
};

template <class Server>
Cost cost_of(Server server, std::size_t count) {
  const int listener = listen_anywhere();
  const Child child([=] { server(listener); });
  const auto memory = [&child] {
    return child.number("smaps_rollup", "Rss") + child.number("status", "VmPTE");
  };
  (void)child.at_rest();
  const long empty = memory();

  std::vector<int> clients;
  while (clients.size() < count) {
    clients.push_back(connect_to(listener));
    send_octet(clients.back());
    if (clients.size() % 50 == 0)  // Not too far ahead of the server.
      for (std::size_t i = clients.size() - 50; i < clients.size(); ++i) read_octet(clients[i]);
  }
  (void)child.at_rest();
  Cost cost{child.number("status", "Threads"), child.number("status", "VmSize") / 1024, memory() - empty, 0};

  child.stop();
  const long before = child.threads().switches;
  for (const int client : clients) send_octet(client);
  child.go_on();
  for (const int client : clients) read_octet(client);
  cost.switches = child.at_rest().switches - before;
  for (const int fd : clients) ::close(fd);
  ::close(listener);
  return cost;
}

void print(const char* what, long by_threads, long by_loop) {
  std::printf("  %-38s %18ld %22ld\n", what, by_threads, by_loop);
}

// Each of them needs two descriptors of this machine, though of two processes.
std::size_t raise_limit(std::size_t wanted) {
  rlimit limit{};
  lab::must(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  lab::must(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
  if (limit.rlim_cur > wanted + 50) return wanted;
  const std::size_t possible = (limit.rlim_cur - 50) / 50 * 50;
  std::printf("only %zu clients: no more descriptors are to be had (ulimit -Hn)\n", possible);
  return possible;
}

void a_thousand_clients() {
  const std::size_t count = raise_limit(1000);
  const Cost threads = cost_of([](int listener) { serve_by_threads(listener); }, count);
  const Cost loop = cost_of([](int listener) { serve_by_one_loop(listener); }, count);
  std::printf("%zu clients                             a thread for each   one thread and epoll\n", count);
  print("threads", threads.threads, loop.threads);
  print("address space, MiB", threads.address_space, loop.address_space);
  print("memory for the clients, KiB", threads.memory, loop.memory);
  print("a burst: threads that went to sleep", threads.switches, loop.switches);
  std::printf("\n");

  const long clients = static_cast<long>(count);
  lab::shown(threads.threads == clients + 1 && loop.threads == 1,
             "one design has a thread more than it has clients, the other has one thread");
  lab::shown(threads.memory >= 8 * clients && loop.memory < clients,
             "an idle client costs more than 8 KiB with a thread of its own, and less than 1 KiB of the "
             "loop's memory");
  lab::shown(threads.switches >= clients && loop.switches < clients / 20,
             "a burst with one request from each client wakes every thread, but the loop only a few times");
}

void no_descriptor_left() {
  const int listener = listen_anywhere();
  const int epoll = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  watch(epoll, listener);
  const int client = connect_to(listener);

  rlimit limit{};
  lab::must(::getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  rlimit none = limit;
  none.rlim_cur = static_cast<rlim_t>(client) + 1;
  lab::must(::setrlimit(RLIMIT_NOFILE, &none), "setrlimit");
  epoll_event event{};
  int failures = 0;
  for (int i = 0; i < 1000; ++i) {
    const bool reported = ::epoll_wait(epoll, &event, 1, 10'000) == 1;
    if (reported && ::accept(listener, nullptr, nullptr) == -1 && errno == EMFILE) ++failures;
  }
  epoll_event nothing{};
  lab::must(::epoll_ctl(epoll, EPOLL_CTL_MOD, listener, &nothing), "epoll_ctl");
  const bool silent = ::epoll_wait(epoll, &event, 1, 0) == 0;

  lab::must(::setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
  epoll_event input{.events = EPOLLIN, .data = {}};
  lab::must(::epoll_ctl(epoll, EPOLL_CTL_MOD, listener, &input), "epoll_ctl");
  const bool there = ::epoll_wait(epoll, &event, 1, 0) == 1 && ::accept(listener, nullptr, nullptr) >= 0;
  lab::shown(failures == 1000,
             "without a free descriptor accept(2) fails, the client stays in the queue, and epoll reports it "
             "again at once, a thousand times out of a thousand");
  lab::shown(silent && there,
             "a listener that is registered for no events is silent, and the client is accepted later");
}

}  // namespace

int main() {
  a_thousand_clients();
  no_descriptor_left();
  return lab::verdict();
}
