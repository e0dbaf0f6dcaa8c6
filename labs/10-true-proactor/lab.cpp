// 64 clients ask a server that echoes, once by epoll(7) and once by io_uring(7), and the server's system
// calls are counted. Then: where the octets are when the program is told, who needs a buffer while it waits,
// what becomes of a send that the socket does not take, and what closing and cancelling do to an operation.
//
// Prints "skipped: ..." where the kernel has no io_uring for us.
#include "lab.h"

#include <fcntl.h>
#include <liburing.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace {

constexpr int kClients = 64;
constexpr int kRounds = 10;
constexpr std::string_view kRequest = "a request\n";
constexpr int kSize = static_cast<int>(kRequest.size());

class Pair {
 public:
  explicit Pair(int flags = 0) {
    lab::must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, ends_), "socketpair");
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    close_server();
    ::close(ends_[1]);
  }

  [[nodiscard]] int server() const { return ends_[0]; }
  bool ask() { return ::send(ends_[1], kRequest.data(), kRequest.size(), MSG_NOSIGNAL) == kSize; }
  bool answered() {
    char answer[64];
    return ::recv(ends_[1], answer, sizeof answer, MSG_DONTWAIT) == kSize;
  }
  [[nodiscard]] int unread() const {
    int octets = 0;
    lab::must(::ioctl(ends_[0], FIONREAD, &octets), "ioctl");
    return octets;
  }
  // Until the socket takes no more.
  void fill() {
    char zeros[4096] = {};
    while (::send(ends_[0], zeros, sizeof zeros, MSG_DONTWAIT) > 0) {
    }
  }
  void close_server() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }

 private:
  int ends_[2] = {};
};

using Pairs = std::vector<std::unique_ptr<Pair>>;

Pairs pairs(int count, int flags = 0) {
  Pairs made;
  for (int i = 0; i < count; ++i) made.push_back(std::make_unique<Pair>(flags));
  return made;
}

struct Counted {
  int calls = 0;
  int answers = 0;
  int in_socket = 0;  // Octets of the first request, when the program was told of it.
};

// --- epoll: told that it can be done -----------------------------------------------------------------

Counted by_epoll() {
  const Pairs clients = pairs(kClients, SOCK_NONBLOCK);
  const int epoll = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  for (const auto& client : clients) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = client.get();
    lab::must(::epoll_ctl(epoll, EPOLL_CTL_ADD, client->server(), &event), "epoll_ctl");
  }
  Counted counted;
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& client : clients) client->ask();
    for (int served = 0; served < kClients;) {
      epoll_event events[kClients];
      const int ready = lab::must(::epoll_wait(epoll, events, kClients, -1), "epoll_wait");
      ++counted.calls;
      for (int i = 0; i < ready; ++i, ++served) {
        const Pair& client = *static_cast<Pair*>(events[i].data.ptr);
        if (round + i == 0) counted.in_socket = client.unread();
        char buffer[64];
        const ssize_t size = lab::must(::read(client.server(), buffer, sizeof buffer), "read");
        lab::must(::write(client.server(), buffer, static_cast<std::size_t>(size)), "write");
        counted.calls += 2;
      }
    }
    for (const auto& client : clients) counted.answers += client->answered();
  }
  ::close(epoll);
  return counted;
}

// --- io_uring: told that it was done -----------------------------------------------------------------

struct Completion {
  std::uint64_t of;
  int result;
};

class Ring {
 public:
  Ring() {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    error_ = -::io_uring_queue_init_params(256, &ring_, &parameters);
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  // Frees no memory that the kernel may still write to: all that is under way is cancelled first.
  ~Ring() {
    if (error_ != 0) return;
    while (under_way_ > 0) {
      write_down(0, [](io_uring_sqe* place) {
        ::io_uring_prep_cancel(place, nullptr, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
      });
      (void)turn(1);
    }
    ::io_uring_queue_exit(&ring_);
  }

  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] int calls() const { return calls_; }
  [[nodiscard]] int under_way() const { return under_way_; }

  // Writes an operation down: `prepare` gets a place for it. Nothing is asked of the kernel yet.
  template <class Prepare>
  void write_down(std::uint64_t tag, const Prepare& prepare) {
    io_uring_sqe* place = ::io_uring_get_sqe(&ring_);
    if (place == nullptr) std::exit(2);
    prepare(place);
    ::io_uring_sqe_set_data64(place, tag);
    ++under_way_;
  }
  void receive(std::uint64_t tag, int socket, std::span<char> into) {
    write_down(
        tag, [&](io_uring_sqe* place) { ::io_uring_prep_recv(place, socket, into.data(), into.size(), 0); });
  }
  void send(std::uint64_t tag, int socket, std::span<const char> octets, int flags) {
    write_down(tag, [&](io_uring_sqe* place) {
      ::io_uring_prep_send(place, socket, octets.data(), octets.size(), flags);
    });
  }

  // One system call: hands over all operations, waits for so many completions, and takes all there are.
  std::vector<Completion> turn(unsigned wait_for) {
    lab::must(::io_uring_submit_and_wait(&ring_, wait_for), "io_uring_enter");
    ++calls_;
    std::vector<Completion> completions;
    unsigned head = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(&ring_, head, completion)
        completions.push_back({completion->user_data, completion->res});
    ::io_uring_cq_advance(&ring_, static_cast<unsigned>(completions.size()));
    under_way_ -= static_cast<int>(completions.size());
    return completions;
  }

 private:
  io_uring ring_{};
  int error_ = 0;
  int calls_ = 0;
  int under_way_ = 0;
};

constexpr std::uint64_t kSend = 1U << 20;  // A tag is a client's number, with this for a send.

Counted by_ring() {
  const Pairs clients = pairs(kClients);
  std::array<std::array<char, 64>, kClients> buffers{};
  Ring ring;
  const auto receive = [&](std::uint64_t i) { ring.receive(i, clients[i]->server(), buffers[i]); };
  for (std::uint64_t i = 0; i < kClients; ++i) receive(i);
  Counted counted;
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& client : clients) client->ask();
    for (int sent = 0; sent < kClients;) {
      for (const Completion& completion : ring.turn(static_cast<unsigned>(kClients - sent))) {
        const std::uint64_t i = completion.of & ~kSend;
        if ((completion.of & kSend) != 0) {
          ++sent;
          receive(i);
          continue;
        }
        if (round == 0 && i == 0) counted.in_socket = clients[i]->unread();
        const auto size = static_cast<std::size_t>(completion.result);
        ring.send(i | kSend, clients[i]->server(), std::span(buffers[i]).first(size), 0);
      }
    }
    for (const auto& client : clients) counted.answers += client->answered();
  }
  counted.calls = ring.calls();
  return counted;
}

// --- Buffers that are provided ------------------------------------------------------------------------

struct Provided {
  int received = 0;
  int without_buffer = 0;
  int octets_kept = 0;  // In the sockets of those without.
};

// Everyone waits, four buffers are provided, and everyone's octets come at once.
Provided provided_buffers() {
  constexpr int kBuffers = 4;
  const Pairs clients = pairs(kClients);
  std::array<char, kBuffers * 64> memory{};
  Ring ring;
  ring.write_down(kSend, [&](io_uring_sqe* place) {
    ::io_uring_prep_provide_buffers(place, memory.data(), 64, kBuffers, 0, 0);
  });
  (void)ring.turn(1);
  for (std::uint64_t i = 0; i < kClients; ++i) {
    ring.write_down(i, [&](io_uring_sqe* place) {
      ::io_uring_prep_recv(place, clients[i]->server(), nullptr, 64, 0);
      place->flags |= IOSQE_BUFFER_SELECT;
      place->buf_group = 0;
    });
  }
  (void)ring.turn(0);
  for (const auto& client : clients) client->ask();
  Provided result;
  while (ring.under_way() > 0) {
    for (const Completion& completion : ring.turn(1)) {
      result.received += completion.result == kSize;
      if (completion.result != -ENOBUFS) continue;
      ++result.without_buffer;
      result.octets_kept += clients[completion.of]->unread();
    }
  }
  return result;
}

// --- A client that does not read -----------------------------------------------------------------------

struct Sends {
  bool waiting_one_is_under_way = false;
  bool other_came_back = false;
};

Sends sends_to_a_full_socket() {
  Pair pair;
  pair.fill();
  static constexpr std::array<char, 4096> kZeros{};
  Ring ring;
  ring.send(1, pair.server(), kZeros, 0);
  ring.send(2, pair.server(), kZeros, MSG_DONTWAIT);
  const std::vector<Completion> completions = ring.turn(1);
  Sends result;
  result.other_came_back =
      completions.size() == 1 && completions[0].of == 2 && completions[0].result == -EAGAIN;
  result.waiting_one_is_under_way = ring.under_way() == 1;
  return result;
}

// --- Closing and cancelling -------------------------------------------------------------------------------

// Whether octets still come into the buffer of a receive whose descriptor was closed.
bool closing_ends_nothing() {
  Pair pair;
  std::array<char, 64> buffer{};
  Ring ring;
  ring.receive(1, pair.server(), buffer);
  (void)ring.turn(0);
  pair.close_server();
  if (!pair.ask()) return false;
  const std::vector<Completion> completions = ring.turn(1);
  return completions.size() == 1 && completions[0].result == kSize &&
         std::string_view(buffer.data(), kRequest.size()) == kRequest;
}

// Whether both the cancellation and what it cancels complete.
bool a_cancelled_one_completes() {
  Pair pair;
  std::array<char, 64> buffer{};
  Ring ring;
  ring.receive(1, pair.server(), buffer);
  (void)ring.turn(0);
  ring.write_down(2, [](io_uring_sqe* place) { ::io_uring_prep_cancel64(place, 1, 0); });
  int cancelled = 0;
  int found = 0;
  while (ring.under_way() > 0) {
    for (const Completion& completion : ring.turn(1)) {
      cancelled += completion.of == 1 && completion.result == -ECANCELED;
      found += completion.of == 2 && completion.result == 0;
    }
  }
  return cancelled == 1 && found == 1;
}

}  // namespace

int main() {
  if (const Ring ring; ring.error() != 0) {
    std::printf("skipped: no io_uring here (%s)\n", std::strerror(ring.error()));
    return 0;
  }
  const Counted epoll = by_epoll();
  const Counted uring = by_ring();
  const Provided provided = provided_buffers();
  const Sends sends = sends_to_a_full_socket();

  constexpr double kRequests = kClients * kRounds;
  std::printf("%d clients, %d requests each         epoll  io_uring\n", kClients, kRounds);
  std::printf("  answers                            %5d  %8d\n", epoll.answers, uring.answers);
  std::printf("  system calls of the server         %5d  %8d\n", epoll.calls, uring.calls);
  std::printf("  the same for a request             %5.2f  %8.2f\n", epoll.calls / kRequests,
              uring.calls / kRequests);
  std::printf("  octets in the socket when told     %5d  %8d\n", epoll.in_socket, uring.in_socket);
  std::printf("%d receives wait, 4 buffers are provided, all requests come at once\n", kClients);
  std::printf("  received %d, ended for want of a buffer %d, octets left in their sockets %d\n\n",
              provided.received, provided.without_buffer, provided.octets_kept);

  lab::shown(uring.answers == epoll.answers && uring.calls * 10 < epoll.calls,
             "io_uring: one system call submits and collects operations of many clients");
  lab::shown(epoll.in_socket == kSize && uring.in_socket == 0,
             "a completion comes when the octets are in the buffer, a readiness when they are in the socket");
  lab::shown(
      provided.received == 4 && provided.without_buffer == kClients - 4 &&
          provided.octets_kept == provided.without_buffer * kSize,
      "receives that wait share a few buffers; one that finds none ends, and its octets stay in the socket");
  lab::shown(sends.waiting_one_is_under_way && sends.other_came_back,
             "a send to a full socket stays in the kernel with its memory; with MSG_DONTWAIT it comes back");
  lab::shown(closing_ends_nothing(),
             "closing the descriptor ends nothing: octets still come into the buffer of a receive");
  lab::shown(a_cancelled_one_completes(), "an operation that is cancelled completes, as cancelled");
  return lab::verdict();
}
