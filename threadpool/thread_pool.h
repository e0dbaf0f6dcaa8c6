// A fixed set of worker threads behind bounded queues, one for each class of work.
//
//   requests    [][][][][]  --.
//   handshakes  [][][][]    --+--> workers
//   ...                     --'
//
// The classes take turns. A class that has its share of the threads gets more only while no other waits.
//
// Tasks come in batches (all that one epoll_wait made ready): one lock for the whole batch, and no
// more wake-ups than there are sleeping workers. A worker takes its part of what a class has queued, at most
// WorkClass::max_taken, so that a burst costs few lock operations and still spreads over all workers.
//
// TinyWebServer locks, allocates a list node and posts a semaphore for every single request.
//
// Thread: submit() from any thread; construction and destruction from one.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "threadpool/task_queue.h"

namespace pollux {

// Tasks that are alike in what they cost, and in how long they may be kept waiting.
struct WorkClass {
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t kMaxTaken = 8;

  std::size_t capacity = 1;           // Tasks that may wait.
  std::size_t share = kAll;           // Threads at work on them, while tasks of other classes wait.
  std::size_t max_taken = kMaxTaken;  // Tasks taken under one lock. 1: none should wait behind another.
};

class ThreadPool {
 public:
  // Where it says how it is doing.
  struct Gauges {
    metrics::Gauge threads;
    metrics::Gauge busy;    // Of them.
    metrics::Gauge queued;  // Tasks.
  };
  static constexpr Gauges kWorkerGauges{metrics::Gauge::kWorkers, metrics::Gauge::kWorkersBusy,
                                        metrics::Gauge::kWorkerQueue};
  static constexpr Gauges kBlockingGauges{metrics::Gauge::kBlockingThreads, metrics::Gauge::kBlockingBusy,
                                          metrics::Gauge::kBlockingQueue};

  // Starts `workers` threads, called NAME-0, NAME-1 and so on in ps and gdb.
  // REQUIRES: workers > 0; at least one class; all its numbers > 0, max_taken at most kMaxTaken.
  // Throws std::system_error when a thread cannot be started.
  ThreadPool(const std::string& name, std::size_t workers, std::initializer_list<WorkClass> classes,
             const Gauges& gauges = kWorkerGauges, const Clock& clock = Clock::system());
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Runs what is queued, then joins the workers.
  ~ThreadPool();

  // Queues tasks in their order and returns how many there was room for; the rest is the caller's.
  // `work_class`: its place in the constructor's list. A task that a worker takes after its deadline is told
  // so. The object of a task must live until the task has run. A task must not throw.
  [[nodiscard]] std::size_t submit(std::span<const Task> tasks, std::size_t work_class = 0) EXCLUDES(mutex_);

  struct Share {
    std::size_t accepted = 0;  // As of submit().
    std::size_t own = 0;       // Tasks for the caller to run.
    std::size_t left = 0;      // Tasks still queued.
  };
  // The same for a thread that works beside the workers ("caller runs"): it gets a worker's part of what the
  // class has queued, the oldest tasks, and workers are woken only for the rest. `own`: where they are put.
  [[nodiscard]] Share submit_and_share(std::span<const Task> tasks, std::span<Task> own,
                                       std::size_t work_class = 0) EXCLUDES(mutex_);

 private:
  struct Queue {
    WorkClass limits;
    TaskQueue tasks;
    std::size_t threads = 0;  // At work on tasks of this class.
  };

  void work() EXCLUDES(mutex_);
  Queue* wait_for_work() REQUIRES_LOCK(mutex_);  // nullptr: there will be none any more.
  // The next queue that has tasks, first of those that have not their share of threads; nullptr: there is
  // none.
  Queue* next_in_turn() REQUIRES_LOCK(mutex_);
  // A part of the queued tasks, if `threads` divide them evenly.
  std::size_t take(Queue& queue, std::size_t threads, std::span<Task> into) REQUIRES_LOCK(mutex_);
  void stop() EXCLUDES(mutex_);

  const std::size_t workers_;
  const Gauges gauges_;
  const Clock& clock_;
  Mutex mutex_;
  CondVar work_came_;
  std::vector<Queue> queues_ GUARDED_BY(mutex_);
  std::size_t turn_ GUARDED_BY(mutex_) = 0;  // The queue that was served last.
  std::size_t sleeping_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // Constant after construction, until destruction.
};

}  // namespace pollux
