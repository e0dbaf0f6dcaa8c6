// A bounded queue between threads, the heart of a thread pool.
//
// Each side waits for a state that it looks at under the lock, so no notification can be lost, and none that
// comes for no reason does harm. Producers and consumers have a condition each: whoever is notified is one
// who can go on.
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
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || items_.size() == capacity_) return false;
      items_.push_back(std::move(item));
    }
    item_came_.notify_one();
    return true;
  }

  // Waits for room. false: it is closed.
  bool push(T item) {
    {
      std::unique_lock lock(mutex_);
      room_came_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
      if (closed_) return false;
      items_.push_back(std::move(item));
    }
    item_came_.notify_one();
    return true;
  }

  // Waits for an item. std::nullopt: it is closed, and empty.
  std::optional<T> pop() {
    std::optional<T> item;
    {
      std::unique_lock lock(mutex_);
      item_came_.wait(lock, [this] { return closed_ || !items_.empty(); });
      if (items_.empty()) return std::nullopt;
      item = std::move(items_.front());
      items_.pop_front();
    }
    room_came_.notify_one();
    return item;
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    item_came_.notify_all();
    room_came_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable item_came_;
  std::condition_variable room_came_;
  std::deque<T> items_;
  bool closed_ = false;
};
