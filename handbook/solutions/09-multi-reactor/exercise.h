// How the loop that accepts gives a client to another loop: an inbox, and an eventfd that the other loop
// waits for.
//
// Thread: put() any, take() the loop's, when epoll_wait(2) has reported bell().
//
// The bell is silenced before the inbox is looked into: what comes afterwards rings anew. It is rung by
// whoever finds the inbox empty, since for what is there already somebody has rung.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

class Inbox {
 public:
  Inbox() = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  ~Inbox() { ::close(bell_); }

  // A descriptor that can be read when there is something to take.
  [[nodiscard]] int bell() const { return bell_; }

  void put(int item) {
    bool first = false;
    {
      const std::lock_guard lock(mutex_);
      first = items_.empty();
      items_.push_back(item);
    }
    if (first) ring();
  }

  void take(const std::function<void(int)>& handle) {
    silence();
    std::vector<int> items;
    {
      const std::lock_guard lock(mutex_);
      items.swap(items_);
    }
    for (const int item : items) handle(item);
  }

 private:
  void ring() const {
    const std::uint64_t one = 1;
    (void)!::write(bell_, &one, sizeof one);
  }
  void silence() const {
    std::uint64_t count = 0;
    (void)!::read(bell_, &count, sizeof count);
  }

  const int bell_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::mutex mutex_;
  std::vector<int> items_;
};
