// Two echo servers that run until they are killed.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <thread>

#include "lab.h"

// false: the client has gone.
inline bool echo(int client) {
  char octets[256];
  const ssize_t got = ::read(client, octets, sizeof octets);
  return got > 0 && ::send(client, octets, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
}

[[noreturn]] inline void serve_by_threads(int listener) {
  while (true) {
    const int client = lab::must(::accept(listener, nullptr, nullptr), "accept");
    std::thread([client] {
      while (echo(client)) {
      }
      ::close(client);
    }).detach();
  }
}

inline void watch(int epoll, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  lab::must(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

[[noreturn]] inline void serve_by_one_loop(int listener) {
  const int epoll = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  watch(epoll, listener);
  std::array<epoll_event, 256> events;
  while (true) {
    const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    if (ready < 0 && errno != EINTR) lab::must(ready, "epoll_wait");
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        watch(epoll, lab::must(::accept(listener, nullptr, nullptr), "accept"));
      } else if (!echo(fd)) {
        ::close(fd);  // That ends its registration, too.
      }
    }
  }
}
