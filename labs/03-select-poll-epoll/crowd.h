// Descriptors to wait for: one socket that has an octet to read, and a crowd of others that never have any.
#pragma once

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <vector>

#include "lab.h"

class Crowd {
 public:
  // All of them are ready if `busy`, otherwise the last one is.
  Crowd(int count, bool busy) {
    const int ready = lab::must(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
    for (int i = 1; i < count; ++i) fds_.push_back(lab::must(::dup(busy ? ready : idle_), "dup"));
    fds_.push_back(lab::must(::dup(ready), "dup"));  // The highest: nobody finds it before the others.
    ::close(ready);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() {
    for (const int fd : fds_) ::close(fd);
    ::close(idle_);
  }

  [[nodiscard]] const std::vector<int>& fds() const { return fds_; }
  [[nodiscard]] int last() const { return fds_.back(); }

 private:
  const int idle_ = lab::must(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  std::vector<int> fds_;
};

inline double now() {  // Nanoseconds.
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// The shortest of some runs: what else the machine has to do makes none of them shorter.
template <class Work>
double nanoseconds(Work work) {
  double shortest = 1e18;
  for (int run = 0; run < 200; ++run) {
    const double begin = now();
    work();
    shortest = std::min(shortest, now() - begin);
  }
  return shortest;
}
