// A bounded queue between threads, the heart of a thread pool.
//
// This version has a lock and nothing else: no bound, nobody waits, and nobody is told when it closes. Write
// the rest, with one or two condition variables (or semaphores, if you like to find out what is harder with
// them):
//
// - it never holds more than `capacity` items, and gives them out in the order in which they came;
// - push() waits for room and pop() for an item: they sleep, they do not look again and again;
// - close() ends it: nothing is taken any more, those who wait for room or for an item come back at once,
//   and what is in the queue is still given out.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

template <class T>
class BoundedQueue {
 public:
  // REQUIRES: capacity > 0.
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // Does not wait. false: it is full, or closed.
  bool try_push(T item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    return true;
  }

  // Waits for room. false: it is closed.
  bool push(T item) { return try_push(std::move(item)); }

  // Waits for an item. std::nullopt: it is closed, and empty.
  std::optional<T> pop() {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<T> items_;
  bool closed_ = false;
};
