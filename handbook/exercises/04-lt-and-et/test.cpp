#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

namespace {

struct Pair {
  Pair() {
    CHECK_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    CHECK_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event), 0);
  }
  bool reported() const {
    epoll_event event{};
    return ::epoll_wait(epoll, &event, 1, 0) == 1;
  }
  void write(const std::string& octets) const {
    CHECK_EQ(::write(ends[1], octets.data(), octets.size()), static_cast<ssize_t>(octets.size()));
  }

  int ends[2] = {};
  int epoll = ::epoll_create1(0);
};

void takes_everything(std::size_t size) {
  Pair pair;
  const std::string sent(size, 'x');
  pair.write(sent);
  CHECK(pair.reported());
  const Drained drained = drain(pair.ends[0]);
  CHECK_EQ(drained.octets.size(), size);
  CHECK(!drained.ended);
  CHECK(!drained.failed);
  CHECK(!pair.reported());
}

void tells_the_end() {
  Pair pair;
  pair.write(std::string(40, 'x'));
  ::close(pair.ends[1]);
  const Drained drained = drain(pair.ends[0]);
  CHECK_EQ(drained.octets.size(), std::size_t{40});
  CHECK(drained.ended);
  CHECK(!drained.failed);
}

void tells_an_error() { CHECK(drain(-1).failed); }

}  // namespace

int main() {
  for (const std::size_t size : {1, 15, 16, 17, 32, 1000, 50'000}) takes_everything(size);
  tells_the_end();
  tells_an_error();
  return exercise::verdict();
}
