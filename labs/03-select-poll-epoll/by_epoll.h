// Waiting with epoll(7): the kernel keeps the set, and only those that are ready come out.
#pragma once

#include <sys/epoll.h>

#include <vector>

#include "lab.h"

class ByEpoll {
 public:
  explicit ByEpoll(const std::vector<int>& fds) {
    for (const int fd : fds) add(fd);
  }
  ByEpoll(const ByEpoll&) = delete;
  ByEpoll& operator=(const ByEpoll&) = delete;
  ~ByEpoll() { ::close(epoll_); }

  // Once for each descriptor, not for each wait.
  void add(int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    lab::must(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    events_.resize(events_.size() + 1);
  }
  void remove(int fd) {
    lab::must(::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr), "epoll_ctl");
    events_.pop_back();
  }

  // Returns those that can be read.
  std::vector<int> wait() {
    const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), -1);
    std::vector<int> ready;
    for (int i = 0; i < lab::must(count, "epoll_wait"); ++i)
      ready.push_back(events_[static_cast<std::size_t>(i)].data.fd);
    return ready;
  }

 private:
  const int epoll_ = lab::must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  std::vector<epoll_event> events_;
};
