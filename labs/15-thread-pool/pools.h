// Two small pools that count how often they lock, and how often they ask for a thread to be woken.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

using Job = std::function<void()>;

struct Counts {
  std::atomic<int> locks{0};
  std::atomic<int> wakes{0};
};

// As in TinyWebServer: a lock, a push and a post for each job; a wait, a lock and a pop.
class SemaphorePool {
 public:
  SemaphorePool(int threads, Counts& counts) : counts_(counts) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  SemaphorePool(const SemaphorePool&) = delete;
  SemaphorePool& operator=(const SemaphorePool&) = delete;
  ~SemaphorePool() {
    stopping_ = true;
    jobs_there_.release(static_cast<std::ptrdiff_t>(threads_.size()));
    for (std::thread& thread : threads_) thread.join();
  }

  void submit(const std::vector<Job>& jobs) {
    for (const Job& job : jobs) {
      {
        const std::lock_guard lock(mutex_);
        ++counts_.locks;
        jobs_.push_back(job);
      }
      ++counts_.wakes;
      jobs_there_.release();
    }
  }

 private:
  void work() {
    while (true) {
      jobs_there_.acquire();
      Job job;
      {
        const std::lock_guard lock(mutex_);
        if (jobs_.empty() && stopping_) return;
        ++counts_.locks;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  Counts& counts_;
  std::atomic<bool> stopping_{false};
  std::counting_semaphore<> jobs_there_{0};
  std::mutex mutex_;
  std::deque<Job> jobs_;
  std::vector<std::thread> threads_;
};

// A condition variable: all jobs of a batch under one lock, no more wake-ups than threads that sleep, and a
// thread takes up to eight jobs.
class BatchPool {
 public:
  BatchPool(int threads, Counts& counts) : counts_(counts) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  BatchPool(const BatchPool&) = delete;
  BatchPool& operator=(const BatchPool&) = delete;
  ~BatchPool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void submit(const std::vector<Job>& jobs) {
    std::size_t to_wake = 0;
    {
      const std::lock_guard lock(mutex_);
      ++counts_.locks;
      jobs_.insert(jobs_.end(), jobs.begin(), jobs.end());
      to_wake = std::min(sleeping_, jobs_.size());
    }
    for (; to_wake > 0; --to_wake) {
      ++counts_.wakes;
      changed_.notify_one();
    }
  }

 private:
  void work() {
    while (true) {
      std::vector<Job> own;
      {
        std::unique_lock lock(mutex_);
        ++sleeping_;
        changed_.wait(lock, [this] { return !jobs_.empty() || stopping_; });
        --sleeping_;
        if (jobs_.empty()) return;
        ++counts_.locks;
        const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(8, jobs_.size()));
        own.assign(jobs_.begin(), jobs_.begin() + count);
        jobs_.erase(jobs_.begin(), jobs_.begin() + count);
      }
      for (const Job& job : own) job();
    }
  }

  Counts& counts_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::size_t sleeping_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};
