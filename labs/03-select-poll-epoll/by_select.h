// Waiting with select(2): a bitmap goes in, and comes out with the bits of those that are ready.
#pragma once

#include <sys/select.h>

#include <algorithm>
#include <vector>

#include "lab.h"

class BySelect {
 public:
  explicit BySelect(const std::vector<int>& fds) : fds_(fds) {
    for (const int fd : fds_) highest_ = std::max(highest_, fd);
    if (highest_ >= FD_SETSIZE) std::abort();  // FD_SET would write behind the set.
  }

  // Returns those that can be read.
  std::vector<int> wait() {
    fd_set set;
    FD_ZERO(&set);  // Filled anew each time: select(2) leaves the answer in it.
    for (const int fd : fds_) FD_SET(fd, &set);
    lab::must(::select(highest_ + 1, &set, nullptr, nullptr, nullptr), "select");
    std::vector<int> ready;
    for (const int fd : fds_)
      if (FD_ISSET(fd, &set)) ready.push_back(fd);
    return ready;
  }

 private:
  const std::vector<int>& fds_;
  int highest_ = -1;
};
