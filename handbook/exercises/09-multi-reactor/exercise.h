// How the loop that accepts gives a client to another loop: an inbox, and an eventfd that the other loop
// waits for.
//
// Thread: put() any, take() the loop's, when epoll_wait(2) has reported bell().
//
// This version rings for each item, and looks into the inbox before it silences the bell. Items that come in
// between are forgotten: they lie in the inbox, and nothing tells of them any more. Mend it, so that
//
// - whatever is put is taken, sooner or later: if there are items, the bell is ringing, or take() is still
//   about to look;
// - the bell is rung once for all items that are put between two calls of take(): a wake-up costs a system
//   call, and the loop a turn;
// - `handle` may call put(), also for this inbox. What is put then is handled by the next take(), so that a
//   loop cannot be kept busy for ever.
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
    const std::lock_guard lock(mutex_);
    items_.push_back(item);
    ring();
  }

  void take(const std::function<void(int)>& handle) {
    while (true) {
      std::vector<int> items;
      {
        const std::lock_guard lock(mutex_);
        items.swap(items_);
      }
      if (items.empty()) break;
      for (const int item : items) handle(item);
    }
    silence();
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
