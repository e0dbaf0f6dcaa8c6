// Non-blocking sockets: what they answer when there is nothing, why an edge-triggered handler needs them, why
// an edge-triggered listener accepts in a loop, and what becomes of a write that does not fit.
#include <sys/syscall.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "sockets.h"

namespace {

struct Claim {
  bool holds;
  const char* words;
};
std::vector<Claim> claims;  // For the end, below what was counted.

void claim(bool holds, const char* words) { claims.push_back({holds, words}); }

void nothing_is_there() {
  const Pair pair(SOCK_NONBLOCK);
  char octet = 0;
  const bool again = ::read(pair.ours(), &octet, 1) == -1 && errno == EAGAIN;
  pair.peer_sends("x", 1);
  const bool got = ::read(pair.ours(), &octet, 1) == 1;
  ::shutdown(pair.ends[1], SHUT_WR);
  const bool end = ::read(pair.ours(), &octet, 1) == 0;
  claim(again && got && end,
        "a non-blocking read has three answers: octets, 0 for the end, EAGAIN for not now");
}

// The flag belongs to the open file, which duplicates share; a socket that accept(2) returns is another one.
void whose_flag_it_is() {
  const Listener listener;
  listener.connect();
  const int accepted = lab::must(::accept(listener.fd(), nullptr, nullptr), "accept");
  const bool inherited = (::fcntl(accepted, F_GETFL) & O_NONBLOCK) != 0;
  const int duplicate = lab::must(::dup(accepted), "dup");
  lab::must(::fcntl(duplicate, F_SETFL, O_NONBLOCK), "fcntl");
  const bool shared = (::fcntl(accepted, F_GETFL) & O_NONBLOCK) != 0;
  claim(!inherited && shared,
        "O_NONBLOCK belongs to the open file: a duplicate shares it, an accepted socket does not get it from "
        "its listener");
  ::close(duplicate);
  ::close(accepted);
}

// One thread, two connections, edge-triggered: it reads each one that is reported until nothing is left.
class Reader {
 public:
  Reader(const Pair& a, const Pair& b) {
    epoll_.add(a.ours(), EPOLLIN | EPOLLET);
    epoll_.add(b.ours(), EPOLLIN | EPOLLET);
    thread_ = std::thread([this] { run(); });
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { thread_.join(); }  // Ends with the first end of input.

  [[nodiscard]] int octets() const { return octets_; }
  // Until it has read so many octets; not for ever.
  void wait_for(int octets) const {
    for (int i = 0; octets_ < octets && i < 100'000; ++i) ::usleep(100);
  }
  // Until it sleeps between the begin and the end of a read(2). The third field of proc(5)'s stat is its
  // state.
  void wait_until_it_sleeps_in_read() const {
    for (char state = 0; state != 'S'; ::usleep(100)) {
      if (!reading_) continue;
      std::ifstream stat("/proc/self/task/" + std::to_string(id_) + "/stat");
      std::string word;
      stat >> word >> word >> state;
    }
  }

 private:
  void run() {
    id_ = static_cast<int>(::syscall(SYS_gettid));
    while (drain(epoll_.next(-1))) {
    }
  }
  bool drain(int fd) {
    while (true) {
      char octets[16];
      reading_ = true;
      const ssize_t got = ::read(fd, octets, sizeof octets);
      reading_ = false;
      if (got < 0) return true;  // EAGAIN: the edge is dealt with.
      if (got == 0) return false;
      octets_ += static_cast<int>(got);
    }
  }

  Epoll epoll_;
  std::atomic<int> id_{0};
  std::atomic<int> octets_{0};
  std::atomic<bool> reading_{false};
  std::thread thread_;
};

void an_edge_and_a_blocking_socket() {
  const Pair first;
  const Pair second;
  int while_asleep = 0;
  {
    const Reader reader(first, second);
    first.peer_sends("four", 4);
    reader.wait_for(4);
    second.peer_sends("more", 4);
    reader.wait_until_it_sleeps_in_read();
    while_asleep = reader.octets();
    ::shutdown(first.ends[1], SHUT_WR);
  }
  int unread = 0;
  lab::must(::ioctl(second.ours(), FIONREAD, &unread), "FIONREAD");
  std::printf("an edge of 4 octets on a blocking socket: %d were read, then the thread sleeps in read(2)\n",
              while_asleep);
  std::printf("  meanwhile %d octets wait on another socket that is ready\n", unread);
  claim(
      while_asleep == 4 && unread == 4,
      "on a blocking socket the read that looks for the end of an edge sleeps, and the loop sleeps with it");
}

void an_edge_and_a_non_blocking_socket() {
  const Pair first(SOCK_NONBLOCK);
  const Pair second(SOCK_NONBLOCK);
  const Reader reader(first, second);
  first.peer_sends("four", 4);
  reader.wait_for(4);
  second.peer_sends("more", 4);
  reader.wait_for(8);
  claim(reader.octets() == 8,
        "on a non-blocking socket that read returns EAGAIN, and the next connection has its turn");
  ::shutdown(first.ends[1], SHUT_WR);
}

int accepted_for_one_event(bool loop, bool& told_again) {
  const Listener listener;
  Epoll epoll;
  epoll.add(listener.fd(), EPOLLIN | EPOLLET);
  for (int i = 0; i < 3; ++i) listener.connect();
  listener.wait_for_clients(3);
  int accepted = 0;
  while (epoll.next(10'000) != listener.fd()) {
  }
  while (listener.accept_one()) {
    ++accepted;
    if (!loop) break;
  }
  told_again = epoll.next() == listener.fd();
  return accepted;
}

void an_edge_of_a_listener() {
  bool once_again = false;
  bool loop_again = false;
  const int once = accepted_for_one_event(false, once_again);
  const int loop = accepted_for_one_event(true, loop_again);
  std::printf("three clients connect, then an edge-triggered listener is reported\n");
  std::printf("  accept(2) once: %d has come in, %d wait and are not reported\n", once, 3 - once);
  std::printf("  until EAGAIN:   %d have come in\n", loop);
  claim(
      once == 1 && !once_again && loop == 3 && !loop_again,
      "three clients may share one edge: a single accept(2) leaves two of them behind, until a fourth comes");
}

void a_write_that_does_not_fit() {
  const Pair pair(SOCK_NONBLOCK);
  Epoll epoll;
  const std::vector<char> page(1'000'000, 'x');
  epoll.add(pair.ours(), EPOLLOUT);
  int reports = 0;
  while (reports < 1000 && epoll.next() == pair.ours()) ++reports;

  const ssize_t taken = ::send(pair.ours(), page.data(), page.size(), MSG_NOSIGNAL);
  const bool again = ::send(pair.ours(), page.data(), 1, MSG_NOSIGNAL) == -1 && errno == EAGAIN;
  const bool silent = epoll.next() == -1;
  std::vector<char> room(page.size());
  while (::read(pair.ends[1], room.data(), room.size()) > 0) {
  }
  const bool room_again = epoll.next() == pair.ours();
  std::printf("a write of 1,000,000 octets: the socket took %zd\n", taken);
  claim(taken > 0 && taken < static_cast<ssize_t>(page.size()) && again,
        "a non-blocking write takes what fits and returns how much that was; the next one returns EAGAIN");
  claim(silent && room_again, "EPOLLOUT reports when there is room again");
  claim(reports == 1000,
        "level-triggered, EPOLLOUT is reported without end while there is room: ask for it only when "
        "something waits to be sent");
}

}  // namespace

int main() {
  nothing_is_there();
  whose_flag_it_is();
  an_edge_and_a_blocking_socket();
  an_edge_and_a_non_blocking_socket();
  an_edge_of_a_listener();
  a_write_that_does_not_fit();
  std::printf("\n");
  for (const Claim& each : claims) lab::shown(each.holds, each.words);
  return lab::verdict();
}
