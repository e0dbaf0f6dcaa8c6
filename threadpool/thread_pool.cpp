#include "threadpool/thread_pool.h"

#include <algorithm>
#include <array>

#include "base/thread_name.h"

namespace pollux {

namespace {

// A thread that is there, and busy until it says otherwise.
class Presence {
 public:
  explicit Presence(const ThreadPool::Gauges& gauges) : gauges_(gauges) { change(+1); }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;
  ~Presence() { change(-1); }

 private:
  void change(int by) const {
    metrics::change(gauges_.threads, by);
    metrics::change(gauges_.busy, by);
  }

  const ThreadPool::Gauges& gauges_;
};

}  // namespace

ThreadPool::ThreadPool(const std::string& name, std::size_t workers, std::initializer_list<WorkClass> classes,
                       const Gauges& gauges, const Clock& clock)
    : workers_(workers), gauges_(gauges), clock_(clock) {
  queues_.reserve(classes.size());
  for (WorkClass limits : classes) {
    limits.share = std::min(limits.share, limits.max_threads);
    queues_.push_back({limits, TaskQueue(limits.capacity)});
  }
  threads_.reserve(workers);
  try {
    for (std::size_t i = 0; i < workers; ++i) {
      threads_.emplace_back([this, thread_name = name + "-" + std::to_string(i)] {
        name_this_thread(thread_name);
        work();
      });
    }
  } catch (...) {
    stop();
    throw;
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  work_came_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::size_t ThreadPool::submit(std::span<const Task> tasks, std::size_t work_class) {
  std::size_t accepted = 0;
  std::size_t to_wake = 0;
  {
    const MutexLock lock(mutex_);
    Queue& queue = queues_[work_class];
    accepted = queue.tasks.push(tasks);
    metrics::change(gauges_.queued, static_cast<std::int64_t>(accepted));
    // More threads than the class may have need not wake: one that has done a task looks for the next by
    // itself.
    to_wake = std::min({sleeping_, accepted, queue.limits.max_threads - queue.threads});
  }
  for (; to_wake > 0; --to_wake) work_came_.notify_one();
  return accepted;
}

ThreadPool::Queue* ThreadPool::next_in_turn() {
  if (Queue* queue = next_in_turn(&WorkClass::share)) return queue;
  return next_in_turn(&WorkClass::max_threads);
}

ThreadPool::Queue* ThreadPool::next_in_turn(std::size_t WorkClass::*max_threads) {
  for (std::size_t looked_at = 0; looked_at < queues_.size(); ++looked_at) {
    if (++turn_ == queues_.size()) turn_ = 0;
    Queue& queue = queues_[turn_];
    if (!queue.tasks.empty() && queue.threads < queue.limits.*max_threads) return &queue;
  }
  return nullptr;
}

ThreadPool::Queue* ThreadPool::wait_for_work() {
  for (;;) {
    if (Queue* queue = next_in_turn()) return queue;
    if (stopping_) return nullptr;  // If tasks are left, so are the threads their class may have.
    ++sleeping_;
    metrics::doing(metrics::Activity::kWaiting);
    metrics::change(gauges_.busy, -1);
    work_came_.wait(mutex_);
    metrics::change(gauges_.busy, +1);
    --sleeping_;
  }
}

std::size_t ThreadPool::take(Queue& queue, std::span<Task> into) {
  const std::size_t threads = std::min(workers_, queue.limits.max_threads);
  const std::size_t share = (queue.tasks.size() + threads - 1) / threads;
  const std::size_t count = queue.tasks.pop(into.first(std::min(queue.limits.max_taken, share)));
  metrics::change(gauges_.queued, -static_cast<std::int64_t>(count));
  return count;
}

void ThreadPool::work() {
  const Presence presence(gauges_);
  std::array<Task, WorkClass::kMaxTaken> tasks;
  Queue* queue = nullptr;  // That whose tasks it ran last.
  for (;;) {
    std::size_t count = 0;
    {
      const MutexLock lock(mutex_);
      if (queue != nullptr) --queue->threads;
      queue = wait_for_work();
      if (queue == nullptr) return;
      ++queue->threads;
      count = take(*queue, tasks);
    }
    metrics::doing(metrics::Activity::kLooking);
    const TimePoint now = clock_.read_steady();
    for (const Task& task : std::span(tasks).first(count)) task.run(now);
  }
}

}  // namespace pollux
