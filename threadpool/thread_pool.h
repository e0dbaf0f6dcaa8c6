// A fixed set of worker threads behind one bounded queue.
//
// Tasks come in batches (all that one epoll_wait made ready): one lock for the whole batch, and no
// more wake-ups than there are sleeping workers. A worker takes a fair share of what is queued, at most
// kMaxTaken, so that a burst costs few lock operations and still spreads over all workers.
//
// TinyWebServer locks, allocates a list node and posts a semaphore for every single request.
//
// Thread: submit() from any thread; construction and destruction from one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/mutex.h"

namespace pollux {

// A member function bound to an object: two words, no allocation.
struct Task {
  void (*run)(void* object) = nullptr;
  void* object = nullptr;

  template <auto Method, class T>
  [[nodiscard]] static Task of(T& object) {
    return {[](void* o) { (static_cast<T*>(o)->*Method)(); }, &object};
  }
};

class ThreadPool {
 public:
  static constexpr std::size_t kMaxTaken = 8;  // Tasks a worker takes under one lock.

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
  // REQUIRES: workers > 0, capacity > 0. Throws std::system_error when a thread cannot be started.
  ThreadPool(const std::string& name, std::size_t workers, std::size_t capacity,
             const Gauges& gauges = kWorkerGauges);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Runs what is queued, then joins the workers.
  ~ThreadPool();

  // Queues tasks in their order and returns how many there was room for; the rest is the caller's.
  // The object of a task must live until the task has run. A task must not throw.
  [[nodiscard]] std::size_t submit(std::span<const Task> tasks) EXCLUDES(mutex_);

  [[nodiscard]] std::size_t workers() const { return threads_.size(); }

 private:
  void work() EXCLUDES(mutex_);
  std::size_t take(std::span<Task> into) REQUIRES_LOCK(mutex_);
  void stop() EXCLUDES(mutex_);

  const std::size_t workers_;
  const Gauges gauges_;
  Mutex mutex_;
  CondVar not_empty_;
  std::vector<Task> ring_ GUARDED_BY(mutex_);  // The queue: `queued_` tasks from `front_` on, around the end.
  std::size_t front_ GUARDED_BY(mutex_) = 0;
  std::size_t queued_ GUARDED_BY(mutex_) = 0;
  std::size_t sleeping_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // Constant after construction, until destruction.
};

}  // namespace pollux
