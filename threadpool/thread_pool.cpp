#include "threadpool/thread_pool.h"

#include <pthread.h>

#include <algorithm>
#include <array>

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

ThreadPool::ThreadPool(const std::string& name, std::size_t workers, std::size_t capacity,
                       const Gauges& gauges)
    : workers_(workers), gauges_(gauges), ring_(capacity) {
  threads_.reserve(workers);
  try {
    for (std::size_t i = 0; i < workers; ++i) {
      threads_.emplace_back([this] { work(); });
      const std::string thread_name =
          (name + "-" + std::to_string(i)).substr(0, 15);  // pthread_setname_np(3)
      ::pthread_setname_np(threads_.back().native_handle(), thread_name.c_str());
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
  not_empty_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::size_t ThreadPool::submit(std::span<const Task> tasks) {
  std::size_t accepted = 0;
  std::size_t to_wake = 0;
  {
    const MutexLock lock(mutex_);
    accepted = std::min(tasks.size(), ring_.size() - queued_);
    for (std::size_t i = 0; i < accepted; ++i) ring_[(front_ + queued_ + i) % ring_.size()] = tasks[i];
    queued_ += accepted;
    metrics::change(gauges_.queued, static_cast<std::int64_t>(accepted));
    to_wake = std::min(sleeping_, accepted);
  }
  for (; to_wake > 0; --to_wake) not_empty_.notify_one();
  return accepted;
}

std::size_t ThreadPool::take(std::span<Task> into) {
  const std::size_t share = (queued_ + workers_ - 1) / workers_;
  const std::size_t count = std::min({into.size(), share, queued_});
  for (std::size_t i = 0; i < count; ++i) into[i] = ring_[(front_ + i) % ring_.size()];
  front_ = (front_ + count) % ring_.size();
  queued_ -= count;
  metrics::change(gauges_.queued, -static_cast<std::int64_t>(count));
  return count;
}

void ThreadPool::work() {
  const Presence presence(gauges_);
  std::array<Task, kMaxTaken> tasks;
  for (;;) {
    std::size_t count = 0;
    {
      const MutexLock lock(mutex_);
      while (queued_ == 0) {
        if (stopping_) return;
        ++sleeping_;
        metrics::doing(metrics::Activity::kWaiting);
        metrics::change(gauges_.busy, -1);
        not_empty_.wait(mutex_);
        metrics::change(gauges_.busy, +1);
        --sleeping_;
      }
      count = take(tasks);
    }
    metrics::doing(metrics::Activity::kLooking);
    for (std::size_t i = 0; i < count; ++i) tasks[i].run(tasks[i].object);
  }
}

}  // namespace pollux
