// A hundred clients send a request in two parts, and one thread is to serve them: once with blocking reads,
// once with a reactor of thirty lines. Then: what a handler is told, and what a slow one does to the others.
#include "lab.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr int kClients = 100;
constexpr std::string_view kFirst = "GET /";
constexpr std::string_view kSecond = "page\n";
constexpr int kWhole = static_cast<int>(kFirst.size() + kSecond.size());

// A client and the server's end of its connection.
class Connection {
 public:
  explicit Connection(int flags) {
    lab::must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, ends_), "socketpair");
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    for (const int fd : ends_) ::close(fd);
  }

  void ask(std::string_view octets) { lab::must(::write(ends_[1], octets.data(), octets.size()), "write"); }
  [[nodiscard]] int server() const { return ends_[0]; }
  [[nodiscard]] int unread() const {
    int octets = 0;
    lab::must(::ioctl(ends_[0], FIONREAD, &octets), "ioctl");
    return octets;
  }

  // The server's part: reads once. true: the request is whole.
  bool read() {
    char piece[64];
    const ssize_t count = lab::must(::read(ends_[0], piece, sizeof piece), "read");
    input.append(piece, static_cast<std::size_t>(count));
    return !input.empty() && input.back() == '\n';
  }

  std::string input;

 private:
  int ends_[2] = {};
};

class Clients {
 public:
  explicit Clients(int flags) {
    for (int i = 0; i < kClients; ++i) all_.push_back(std::make_unique<Connection>(flags));
  }
  Connection& operator[](int i) { return *all_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] int whole_but_unread() const {
    int count = 0;
    for (const auto& connection : all_) count += connection->unread() == kWhole;
    return count;
  }

 private:
  std::vector<std::unique_ptr<Connection>> all_;
};

// The reactor: waits for all descriptors at once, and calls the handler of each that can be read.
class Reactor {
 public:
  using Handler = std::function<void()>;

  Reactor() = default;
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor() { ::close(epoll_); }

  void add(int fd, Handler handler) {
    handlers_.push_back(std::make_unique<Handler>(std::move(handler)));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = handlers_.back().get();
    lab::must(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }

  void run_until_idle() {
    epoll_event events[32];
    while (const int count = lab::must(::epoll_wait(epoll_, events, 32, 0), "epoll_wait")) {
      for (int i = 0; i < count; ++i) (*static_cast<Handler*>(events[i].data.ptr))();
    }
  }

 private:
  const int epoll_ = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  std::vector<std::unique_ptr<Handler>> handlers_;
};

// Client 0 has sent half a request, everyone else a whole one, and one thread reads them in turn. Returns how
// many whole requests lie unread while it waits for client 0.
int stuck_behind_the_first() {
  Clients clients(0);
  clients[0].ask(kFirst);
  for (int i = 1; i < kClients; ++i) {
    clients[i].ask(kFirst);
    clients[i].ask(kSecond);
  }
  std::thread server([&clients] {
    for (int i = 0; i < kClients; ++i) {
      while (!clients[i].read()) {
      }
    }
  });
  while (clients[0].unread() > 0) std::this_thread::yield();
  const int unread = clients.whole_but_unread();
  clients[0].ask(kSecond);
  server.join();
  return unread;
}

// Everyone has sent the first half; the second halves come from the last client to the first. Returns whom
// the reactor's thread has answered.
std::vector<int> served_by_reactor() {
  Clients clients(SOCK_NONBLOCK);
  std::vector<int> answered;
  Reactor reactor;
  for (int i = 0; i < kClients; ++i) {
    reactor.add(clients[i].server(), [i, &clients, &answered] {
      if (clients[i].read()) answered.push_back(i);
    });
    clients[i].ask(kFirst);
  }
  reactor.run_until_idle();
  for (int i = kClients - 1; i >= 0; --i) clients[i].ask(kSecond);
  reactor.run_until_idle();
  return answered;
}

struct Told {
  int in_socket = 0;
  int in_buffer = 0;
};

// What a handler finds when it is called. `reads_first`: as a proactor does, the reactor reads and then
// calls.
Told told(bool reads_first) {
  Connection connection(SOCK_NONBLOCK);
  Told result;
  const auto handler = [&] { result = {connection.unread(), static_cast<int>(connection.input.size())}; };
  Reactor reactor;
  reactor.add(connection.server(), [&] {
    if (reads_first) (void)connection.read();
    handler();
    if (!reads_first) (void)connection.read();
  });
  connection.ask(kFirst);
  connection.ask(kSecond);
  reactor.run_until_idle();
  return result;
}

struct Slow {
  int waiting_meanwhile = 0;
  int served_after = 0;
};

// Everyone has sent a whole request; the first handler looks around at its end, however long it took.
Slow slow_handler() {
  Clients clients(SOCK_NONBLOCK);
  Slow result;
  int served = 0;
  Reactor reactor;
  for (int i = 0; i < kClients; ++i) {
    reactor.add(clients[i].server(), [&, i] {
      if (!clients[i].read()) return;
      if (served++ == 0) result.waiting_meanwhile = clients.whole_but_unread();
    });
    clients[i].ask(kFirst);
    clients[i].ask(kSecond);
  }
  reactor.run_until_idle();
  result.served_after = served - 1;
  return result;
}

}  // namespace

int main() {
  const int unread = stuck_behind_the_first();
  const std::vector<int> answered = served_by_reactor();
  bool as_they_became_whole = answered.size() == kClients;
  for (int i = 0; as_they_became_whole && i < kClients; ++i)
    as_they_became_whole = answered[static_cast<std::size_t>(i)] == kClients - 1 - i;
  const Told reactor = told(false);
  const Told proactor = told(true);
  const Slow slow = slow_handler();

  std::printf("%d clients, one thread\n", kClients);
  std::printf("  blocking reads: waits for client 0, %d whole requests lie unread\n", unread);
  std::printf("  reactor:        %zu answers, first to client %d, last to client %d\n", answered.size(),
              answered.empty() ? -1 : answered.front(), answered.empty() ? -1 : answered.back());
  std::printf("a handler is called\n");
  std::printf("  by a reactor:   %2d octets in the socket, %2d in its buffer\n", reactor.in_socket,
              reactor.in_buffer);
  std::printf("  by a proactor:  %2d octets in the socket, %2d in its buffer\n", proactor.in_socket,
              proactor.in_buffer);
  std::printf("a handler takes its time\n");
  std::printf("  meanwhile %d whole requests wait, and are served when it has returned\n\n",
              slow.waiting_meanwhile);

  lab::shown(unread == kClients - 1,
             "a thread that blocks in read serves nobody else, although their requests are there");
  lab::shown(as_they_became_whole,
             "a reactor's one thread serves each client as soon as its request is whole");
  lab::shown(reactor.in_socket == kWhole && reactor.in_buffer == 0,
             "a reactor's handler is told that it can read: the octets are still in the socket");
  lab::shown(proactor.in_socket == 0 && proactor.in_buffer == kWhole,
             "a proactor's handler is told that something was read: the octets are in its buffer");
  lab::shown(slow.waiting_meanwhile == kClients - 1 && slow.served_after == kClients - 1,
             "while one handler runs, all other clients of its thread wait");
  return lab::verdict();
}
