// A bounded queue of tasks, first in, first out. Its memory is allocated once, at construction.
//
// Thread: none of its own; its owner does the locking.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "threadpool/task.h"

namespace pollux {

class TaskQueue {
 public:
  // REQUIRES: capacity > 0.
  explicit TaskQueue(std::size_t capacity) : ring_(capacity) {}

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // Appends as many of `tasks` as there is room for, and returns their number.
  [[nodiscard]] std::size_t push(std::span<const Task> tasks) {
    const std::size_t count = std::min(tasks.size(), ring_.size() - size_);
    for (const Task& task : tasks.first(count)) ring_[wrapped(front_ + size_++)] = task;
    return count;
  }

  // Moves the oldest tasks to `into`, and returns their number.
  [[nodiscard]] std::size_t pop(std::span<Task> into) {
    const std::size_t count = std::min(into.size(), size_);
    for (Task& task : into.first(count)) {
      task = ring_[front_];
      front_ = wrapped(front_ + 1);
    }
    size_ -= count;
    return count;
  }

 private:
  // REQUIRES: place < 2 * capacity.
  [[nodiscard]] std::size_t wrapped(std::size_t place) const {
    return place < ring_.size() ? place : place - ring_.size();
  }

  std::vector<Task> ring_;  // `size_` tasks from `front_` on, wrapping at the end.
  std::size_t front_ = 0;
  std::size_t size_ = 0;
};

}  // namespace pollux
