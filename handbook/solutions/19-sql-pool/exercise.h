// A bounded pool of connections, and a lease that gives its connection back by itself.
//
// The lease owns the connection, and its destructor is the only way back. `total_` counts what is idle, lent
// or being opened, so a place is taken before a connection is opened, without the mutex, and freed if that
// fails.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

struct Connection {
  bool broken = false;
};

class Pool {
 public:
  using Open = std::function<std::unique_ptr<Connection>()>;
  using TimePoint = std::chrono::steady_clock::time_point;

  class Lease {
   public:
    Lease() = default;  // Empty.
    Lease(Pool* pool, std::unique_ptr<Connection> one) : pool_(pool), one_(std::move(one)) {}

    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(one_, other.one_);
      return *this;
    }
    ~Lease() {
      if (one_) pool_->give_back(std::move(one_));
    }

    explicit operator bool() const { return one_ != nullptr; }
    Connection& operator*() const { return *one_; }
    Connection* operator->() const { return one_.get(); }

   private:
    Pool* pool_ = nullptr;
    std::unique_ptr<Connection> one_;
  };

  // REQUIRES: size > 0. Leases end before the pool does.
  Pool(Open open, std::size_t size) : open_(std::move(open)), size_(size) {}

  Lease acquire(TimePoint deadline) {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto ready = [this] { return !idle_.empty() || total_ < size_; };
    if (!changed_.wait_until(lock, deadline, ready)) return {};
    if (!idle_.empty()) {
      std::unique_ptr<Connection> one = std::move(idle_.front());
      idle_.pop_front();
      return {this, std::move(one)};
    }
    ++total_;
    lock.unlock();
    try {
      return {this, open_()};
    } catch (...) {
      lock.lock();
      --total_;
      changed_.notify_one();
      throw;
    }
  }

  void give_back(std::unique_ptr<Connection> one) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (one->broken) {
      --total_;
    } else {
      idle_.push_back(std::move(one));
    }
    changed_.notify_one();
  }

 private:
  const Open open_;
  const std::size_t size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<std::unique_ptr<Connection>> idle_;  // Guarded by mutex_,
  std::size_t total_ = 0;                        // and so is this.
};
