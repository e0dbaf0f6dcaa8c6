#include <fcntl.h>
#include <poll.h>

#include <vector>

#include "check.h"

namespace {

sockaddr_in address_of(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  CHECK_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  return address;
}

std::uint16_t port_of(int fd) { return ntohs(address_of(fd).sin_port); }

bool waits_for(int fd, short events) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, 500) == 1;
}

// -1: it does not get through.
int connect_to(int listener) {
  const sockaddr_in address = address_of(listener);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  (void)::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (waits_for(fd, POLLOUT)) return fd;
  ::close(fd);
  return -1;
}

int lowest_free_descriptor() {
  const int fd = ::dup(0);
  ::close(fd);
  return fd;
}

void many_wait() {
  const int listener = open_listener(0);
  std::vector<int> clients;
  while (clients.size() < 30) {
    const int client = connect_to(listener);
    if (client < 0) break;
    clients.push_back(client);
  }
  CHECK_EQ(clients.size(), std::size_t{30});
  for (const int client : clients) ::close(client);
  ::close(listener);
}

// The side that closes first keeps the connection in TIME_WAIT.
void starts_again() {
  const int listener = open_listener(0);
  const std::uint16_t port = port_of(listener);
  const int client = connect_to(listener);
  const int server = ::accept(listener, nullptr, nullptr);
  ::close(server);
  CHECK(waits_for(client, POLLIN));
  ::close(client);
  ::close(listener);
  const int again = open_listener(port);
  CHECK(again >= 0);
  if (again >= 0) CHECK_EQ(port_of(again), port);
  if (again >= 0) ::close(again);
}

void tells_that_the_port_is_taken() {
  const int listener = open_listener(0);
  const int free_before = lowest_free_descriptor();
  const int second = open_listener(port_of(listener));
  const int error = errno;
  CHECK_EQ(second, -1);
  CHECK_EQ(error, EADDRINUSE);
  CHECK_EQ(lowest_free_descriptor(), free_before);
  ::close(listener);
}

void is_not_inherited() {
  const int listener = open_listener(0);
  CHECK((::fcntl(listener, F_GETFD) & FD_CLOEXEC) != 0);
  ::close(listener);
}

}  // namespace

int main() {
  many_wait();
  starts_again();
  tells_that_the_port_is_taken();
  is_not_inherited();
  return exercise::verdict();
}
