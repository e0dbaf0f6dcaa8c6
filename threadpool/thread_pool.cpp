#include "threadpool/thread_pool.h"

#include <algorithm>
#include <array>
#include <optional>

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
  for (const WorkClass& limits : classes) queues_.push_back({limits, TaskQueue(limits.capacity)});
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
  return submit_and_share(tasks, {}, work_class).accepted;
}

ThreadPool::Share ThreadPool::submit_and_share(std::span<const Task> tasks, std::span<Task> own,
                                               std::size_t work_class) {
  Share share;
  std::size_t to_wake = 0;
  {
    const MutexLock lock(mutex_);
    Queue& queue = queues_[work_class];
    share.accepted = queue.tasks.push(tasks);
    metrics::change(gauges_.queued, static_cast<std::int64_t>(share.accepted));
    if (!own.empty()) share.own = take(queue, workers_ + 1, own);
    share.left = queue.tasks.size();
    to_wake = std::min(sleeping_, share.left);
  }
  for (; to_wake > 0; --to_wake) work_came_.notify_one();
  return share;
}

ThreadPool::Queue* ThreadPool::next_in_turn() {
  std::optional<std::size_t> beyond_its_share;
  for (std::size_t i = 1; i <= queues_.size(); ++i) {
    const std::size_t turn = (turn_ + i) % queues_.size();
    const Queue& queue = queues_[turn];
    if (queue.tasks.empty()) continue;
    if (queue.threads < queue.limits.share) return &queues_[turn_ = turn];
    if (!beyond_its_share) beyond_its_share = turn;
  }
  return beyond_its_share ? &queues_[turn_ = *beyond_its_share] : nullptr;
}

ThreadPool::Queue* ThreadPool::wait_for_work() {
  for (;;) {
    if (Queue* queue = next_in_turn()) return queue;
    if (stopping_) return nullptr;
    ++sleeping_;
    metrics::doing(metrics::Activity::kWaiting);
    metrics::change(gauges_.busy, -1);
    work_came_.wait(mutex_);
    metrics::change(gauges_.busy, +1);
    --sleeping_;
  }
}

std::size_t ThreadPool::take(Queue& queue, std::size_t threads, std::span<Task> into) {
  const std::size_t part = (queue.tasks.size() + threads - 1) / threads;
  const std::size_t count =
      queue.tasks.pop(into.first(std::min({queue.limits.max_taken, part, into.size()})));
  metrics::change(gauges_.queued, -static_cast<std::int64_t>(count));
  return count;
}

void ThreadPool::work() {
  const Presence presence(gauges_);
  std::array<Task, WorkClass::kMaxTaken> tasks;
  Queue* queue = nullptr;  // The queue whose tasks it ran last.
  for (;;) {
    std::size_t count = 0;
    {
      const MutexLock lock(mutex_);
      if (queue != nullptr) --queue->threads;
      queue = wait_for_work();
      if (queue == nullptr) return;
      ++queue->threads;
      count = take(*queue, workers_, tasks);
    }
    metrics::doing(metrics::Activity::kLooking);
    const TimePoint now = clock_.read_steady();
    for (const Task& task : std::span(tasks).first(count)) task.run(now);
  }
}

}  // namespace pollux
