// One end of a socket pair is watched, ten octets are written to the other. Each time epoll_wait(2) reports
// the descriptor, the program reads a single octet. How often is it reported?
#include "lab.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <initializer_list>

namespace {

constexpr int kOctets = 10;

class Pair {
 public:
  explicit Pair(unsigned interest) {
    lab::must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_), "socketpair");
    control(EPOLL_CTL_ADD, interest);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    for (const int fd : {ends_[0], ends_[1], epoll_}) ::close(fd);
  }

  void write(int octets) {
    lab::must(::write(ends_[1], "0123456789", static_cast<std::size_t>(octets)), "write");
  }
  bool read_one() {
    char octet = 0;
    return ::read(ends_[0], &octet, 1) == 1;
  }
  void arm_anew(unsigned interest) { control(EPOLL_CTL_MOD, interest); }
  // Whether the descriptor is reported. Does not wait.
  bool reported() {
    epoll_event event{};
    return lab::must(::epoll_wait(epoll_, &event, 1, 0), "epoll_wait") == 1;
  }

 private:
  void control(int operation, unsigned interest) {
    epoll_event event{};
    event.events = interest;
    lab::must(::epoll_ctl(epoll_, operation, ends_[0], &event), "epoll_ctl");
  }

  int ends_[2] = {};
  const int epoll_ = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
};

// Reads an octet for each report, until there is none. Returns how many reports there were.
int reports(Pair& pair) {
  int count = 0;
  while (pair.reported()) {
    ++count;
    if (!pair.read_one()) break;
  }
  return count;
}

}  // namespace

int main() {
  Pair level(EPOLLIN);
  level.write(kOctets);
  const int of_level = reports(level);

  Pair edge(EPOLLIN | EPOLLET);
  edge.write(kOctets);
  const int of_edge = reports(edge);
  int left = 0;
  for (Pair& pair = edge; pair.read_one(); ++left) {
  }

  Pair again(EPOLLIN | EPOLLET);
  again.write(kOctets);
  (void)reports(again);
  again.write(1);
  const bool new_octet_reports = again.reported() && !again.reported();
  again.arm_anew(EPOLLIN | EPOLLET);
  const bool arming_reports = again.reported();

  std::printf("ten octets, one read for each report\n");
  std::printf("  level-triggered: %2d reports\n", of_level);
  std::printf("  edge-triggered:  %2d report, %d octets left in the socket\n\n", of_edge, left);
  lab::shown(of_level == kOctets,
             "level-triggered, the descriptor is reported as long as there is something to read");
  lab::shown(of_edge == 1 && left == kOctets - 1,
             "edge-triggered, it is reported once, and what was not read waits unseen");
  lab::shown(new_octet_reports,
             "an octet that arrives later is a new edge, although older ones are still there");
  lab::shown(arming_reports, "EPOLL_CTL_MOD looks at the descriptor again and reports what is there");
  return lab::verdict();
}
