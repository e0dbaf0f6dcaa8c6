// An echo server for all clients at once, by one thread.
//
// It waits for all descriptors together, so no read(2) or accept(2) has to wait: what was reported is there.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

inline void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

// Sends each client what it has sent, and closes the connection when the client has ended its side. Never
// returns. `listener` listens and is blocking. Clients send little, and read what is sent to them, so a
// blocking send(2) is good enough here (MSG_NOSIGNAL: a client may have gone).
[[noreturn]] inline void serve(int listener) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener);
  while (true) {
    epoll_event events[64];
    const int ready = ::epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        const int client = ::accept(listener, nullptr, nullptr);
        if (client >= 0) watch(epoll, client);
        continue;
      }
      char octets[4096];
      const ssize_t got = ::read(fd, octets, sizeof octets);
      if (got > 0) {
        ::send(fd, octets, static_cast<std::size_t>(got), MSG_NOSIGNAL);
      } else {
        ::close(fd);
      }
    }
  }
}
