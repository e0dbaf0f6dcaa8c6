// Tasks that a thread runs itself, a few at a time, so that they do not hold up its other work.
//
// Thread: one.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "base/clock.h"
#include "threadpool/task_queue.h"

namespace pollux {

class Backlog {
 public:
  explicit Backlog(std::size_t capacity, const Clock& clock = Clock::system())
      : tasks_(capacity), clock_(clock) {}

  [[nodiscard]] bool empty() const { return tasks_.empty(); }

  // false: the backlog is full.
  [[nodiscard]] bool push(const Task& task) { return tasks_.push({&task, 1}) == 1; }

  // Runs the oldest tasks until `slice` has passed; at least one, if there is any, so that it always makes
  // progress.
  void run_for(std::chrono::nanoseconds slice) {
    if (tasks_.empty()) return;
    TimePoint now = clock_.read_steady();
    const TimePoint end = now + slice;
    Task task;
    do {
      if (tasks_.pop({&task, 1}) == 0) return;
      task.run(now);
      now = clock_.read_steady();
    } while (now < end);
  }

  void refuse_all() {
    Task task;
    while (tasks_.pop({&task, 1}) == 1) task.refuse();
  }

 private:
  TaskQueue tasks_;
  const Clock& clock_;
};

}  // namespace pollux
