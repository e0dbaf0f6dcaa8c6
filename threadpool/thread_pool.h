// A fixed set of worker threads behind bounded queues, one for each class of work.
//
//   requests    [][][][][]  --.
//   handshakes  [][][][]    --+--> workers
//   ...                     --'
//
// The classes take turns. A class that has its share of the threads gets more only while no other class has
// tasks waiting.
//
// Tasks come in batches (all that one epoll_wait made ready): one lock for the whole batch, and no more
// wake-ups than there are sleeping workers. A worker takes its part of a class's queue, at most
// WorkClass::max_taken tasks, so a burst costs few lock operations and still spreads over all workers.
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

// Tasks of similar cost, which may wait for a similar time.
struct WorkClass {
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t kMaxTaken = 8;

  std::size_t capacity = 1;           // Maximum of waiting tasks.
  std::size_t share = kAll;           // Maximum of threads working on them while tasks of other classes wait.
  std::size_t max_taken = kMaxTaken;  // Maximum taken under one lock. 1: no task waits behind another.
};

class ThreadPool {
 public:
  // The gauges that it reports to.
  struct Gauges {
    metrics::Gauge threads;
    metrics::Gauge busy;    // Busy threads.
    metrics::Gauge queued;  // Tasks.
  };
  static constexpr Gauges kWorkerGauges{metrics::Gauge::kWorkers, metrics::Gauge::kWorkersBusy,
                                        metrics::Gauge::kWorkerQueue};
  static constexpr Gauges kBlockingGauges{metrics::Gauge::kBlockingThreads, metrics::Gauge::kBlockingBusy,
                                          metrics::Gauge::kBlockingQueue};

  // Starts `workers` threads, named NAME-0, NAME-1 and so on in ps and gdb. REQUIRES: workers > 0; at least
  // one class; all its numbers > 0, max_taken at most kMaxTaken. Throws std::system_error when a thread
  // cannot be started.
  ThreadPool(const std::string& name, std::size_t workers, std::initializer_list<WorkClass> classes,
             const Gauges& gauges = kWorkerGauges, const Clock& clock = Clock::system());
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Runs the queued tasks, then joins the workers.
  ~ThreadPool();

  // Queues tasks in their order and returns how many were accepted; the caller keeps the rest. `work_class`:
  // index into the constructor's list. A task that a worker takes after its deadline runs its refusal. The
  // object of a task must live until the task has run. A task must not throw.
  [[nodiscard]] std::size_t submit(std::span<const Task> tasks, std::size_t work_class = 0) EXCLUDES(mutex_);

  struct Share {
    std::size_t accepted = 0;  // See submit().
    std::size_t own = 0;       // Tasks for the caller to run.
    std::size_t left = 0;      // Tasks still queued.
  };
  // The same for a thread that works beside the workers ("caller runs"): it gets a worker's part of the
  // class's queue, the oldest tasks, in `own`. Workers are woken only for the rest.
  [[nodiscard]] Share submit_and_share(std::span<const Task> tasks, std::span<Task> own,
                                       std::size_t work_class = 0) EXCLUDES(mutex_);

 private:
  struct Queue {
    WorkClass limits;
    TaskQueue tasks;
    std::size_t threads = 0;  // Working on tasks of this class.
  };

  void work() EXCLUDES(mutex_);
  Queue* wait_for_work() REQUIRES_LOCK(mutex_);  // nullptr: the pool ends.
  // The next queue that has tasks, with preference for classes below their share of threads; nullptr: there
  // is none.
  Queue* next_in_turn() REQUIRES_LOCK(mutex_);
  // Takes the part of one thread, if `threads` divide the queue evenly.
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
