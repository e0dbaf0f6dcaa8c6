// A bounded pool of connections, and a lease that gives its connection back by itself.
//
// This version hands out bare pointers and waits for ever: a caller that throws or forgets takes its
// connection along, and when all are gone, everybody hangs. Besides, a broken connection comes back to be
// lent again. Mend it:
//  - acquire() gives a Lease, whose destructor gives the connection back, also when an exception flies;
//  - a Lease can be moved and not copied; one that was moved from gives nothing back;
//  - connections are opened when they are needed, `size` at most;
//  - when all are lent, acquire() waits until `deadline`, then returns an empty Lease; a connection that
//    comes back meanwhile wakes it;
//  - a connection with broken == true is destroyed when it comes back, and its place is free for a new one;
//  - open() may throw: then acquire() throws the same, and the place is free again. It is called without
//    the mutex, since it is slow.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

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

    explicit operator bool() const { return one_ != nullptr; }
    Connection& operator*() const { return *one_; }
    Connection* operator->() const { return one_.get(); }

   private:
    Pool* pool_ = nullptr;
    std::unique_ptr<Connection> one_;
  };

  // REQUIRES: size > 0. Leases end before the pool does.
  Pool(Open open, std::size_t size) : open_(std::move(open)), size_(size) {
    for (std::size_t i = 0; i < size_; ++i) idle_.push_back(open_());
  }

  Lease acquire(TimePoint /*deadline*/) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !idle_.empty(); });
    std::unique_ptr<Connection> one = std::move(idle_.front());
    idle_.pop_front();
    return {this, std::move(one)};
  }

  void give_back(std::unique_ptr<Connection> one) {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(one));
    changed_.notify_one();
  }

 private:
  const Open open_;
  const std::size_t size_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<std::unique_ptr<Connection>> idle_;  // Guarded by mutex_.
};
