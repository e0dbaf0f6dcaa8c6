// What EPOLLONESHOT does, what happens without it and when nobody arms it again; then the hand-over of a
// connection between the loop and a worker, in every order in which their steps can happen.
#include "lab.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include "net/custody.h"
#include "world.h"

namespace {

class Connection {
 public:
  Connection(int epoll, unsigned interest) : epoll_(epoll) {
    lab::must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_), "socketpair");
    control(EPOLL_CTL_ADD, interest);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    ::close(ends_[0]);
    hang_up();
  }
  [[nodiscard]] int number() const { return ends_[0]; }
  void client_sends() const { lab::must(::send(ends_[1], "x", 1, MSG_NOSIGNAL), "send"); }
  void hang_up() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  void arm(unsigned interest) const { control(EPOLL_CTL_MOD, interest); }

 private:
  void control(int operation, unsigned interest) const {
    epoll_event event{.events = interest, .data = {.fd = ends_[0]}};
    lab::must(::epoll_ctl(epoll_, operation, ends_[0], &event), "epoll_ctl");
  }

  const int epoll_;
  int ends_[2] = {};
};

int new_epoll() { return lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"); }

// Whether the connection is reported. Does not wait.
bool reports(int epoll, const Connection& connection) {
  epoll_event event{};
  const int count = ::epoll_wait(epoll, &event, 1, 0);
  return lab::must(count, "epoll_wait") == 1 && event.data.fd == connection.number();
}

// A client sends three octets, one after the other, while the first thread that was told still works. Returns
// how many threads were told.
int threads_that_are_told(unsigned interest) {
  const int epoll = new_epoll();
  const Connection connection(epoll, interest);
  int told = 0;
  for (int i = 0; i < 3; ++i) {
    connection.client_sends();
    told += reports(epoll, connection) ? 1 : 0;
  }
  ::close(epoll);
  return told;
}

void nobody_arms_it_again() {
  constexpr unsigned kOnce = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
  const int epoll = new_epoll();
  Connection connection(epoll, kOnce);
  connection.client_sends();
  const bool first = reports(epoll, connection);
  connection.client_sends();
  const bool silent = !reports(epoll, connection);
  connection.hang_up();
  const bool dead = !reports(epoll, connection);
  connection.arm(kOnce);
  const bool again = reports(epoll, connection);
  lab::shown(
      first && silent && dead,
      "if nobody arms it again, it stays silent: further octets are not reported, nor is the client's end");
  lab::shown(again, "arming looks at the socket: what came meanwhile is reported then");
  ::close(epoll);
}

// A worker has let go, and arms only then: by number, as epoll_ctl(2) does.
void a_strangers_socket() {
  const int epoll = new_epoll();
  int number = -1;
  {
    const Connection served(epoll, EPOLLIN | EPOLLONESHOT);
    number = served.number();
  }  // Let go: a timer of the loop may close it now.
  const Connection stranger(epoll, EPOLLIN | EPOLLONESHOT);
  stranger.client_sends();
  const bool lent = stranger.number() == number && reports(epoll, stranger);
  epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.fd = number}};
  const bool armed = ::epoll_ctl(epoll, EPOLL_CTL_MOD, number, &event) == 0;
  lab::shown(lent && armed && reports(epoll, stranger),
             "a worker that lets go before it arms may arm a stranger's socket, which is then reported while "
             "another worker holds it");
  ::close(epoll);
}

void print(const char* name, const Walked& walked) {
  std::printf("  %-38s %7zu orders, something is lost in %zu\n", name, walked.orders, walked.lost);
}

}  // namespace

int main() {
  const int edge = threads_that_are_told(EPOLLIN | EPOLLET);
  const int oneshot = threads_that_are_told(EPOLLIN | EPOLLONESHOT);
  const Walked flag = walk<OnlyAFlag>();
  const Walked two_steps = walk<MarksInTwoSteps>();
  const Walked custody = walk<pollux::net::BasicCustody<SteppedAtomic>>();

  std::printf("a client sends three times while the first thread still works: threads that are told\n");
  std::printf("  edge-triggered  %d\n  EPOLLONESHOT    %d\n", edge, oneshot);
  std::printf("a worker gives back while an octet and a message come\n");
  print("a flag, no marks", flag);
  print("marks, taken by a load and a store", two_steps);
  print("net/custody.h", custody);
  std::printf("one of those in which the flag loses something:\n");
  for (const std::string& line : flag.story) std::printf("  %s\n", line.c_str());
  std::printf("\n");

  lab::shown(edge == 3 && oneshot == 1,
             "edge-triggered, each new octet may wake another thread for the same connection; with "
             "EPOLLONESHOT only one gets it");
  nobody_arms_it_again();
  a_strangers_socket();
  lab::shown(flag.lost > 0,
             "a flag alone loses wake-ups: an event between arming and letting go is forgotten");
  lab::shown(two_steps.lost > 0,
             "marks that are collected in two steps lose wake-ups, too: a mark left in between is erased");
  lab::shown(custody.orders > 1000 && custody.lost == 0,
             "Custody loses nothing, whatever the order of the steps");
  return lab::verdict();
}
