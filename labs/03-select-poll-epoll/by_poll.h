// Waiting with poll(2): an array goes in, with a place in each entry for the answer.
#pragma once

#include <poll.h>

#include <vector>

#include "lab.h"

class ByPoll {
 public:
  explicit ByPoll(const std::vector<int>& fds) {
    for (const int fd : fds) entries_.push_back({fd, POLLIN, 0});
  }

  // Returns those that can be read.
  std::vector<int> wait() {
    int left = lab::must(::poll(entries_.data(), entries_.size(), -1), "poll");
    std::vector<int> ready;
    for (const pollfd& entry : entries_) {
      if (left == 0) break;
      if (entry.revents == 0) continue;
      ready.push_back(entry.fd);
      --left;
    }
    return ready;
  }

 private:
  std::vector<pollfd> entries_;
};
