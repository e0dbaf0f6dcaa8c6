// Calls a function for each descriptor that can be read.
//
// An event leads to the Watch that was registered, which stays until the batch is over, whatever number its
// descriptor had.
#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

class Dispatcher {
 public:
  using Callback = std::function<void()>;

  Dispatcher() = default;
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher() { ::close(epoll_); }

  // From now on `callback` is called when `fd` can be read. Callbacks may call this, too.
  void add(int fd, Callback callback) {
    auto watch = std::make_unique<Watch>(Watch{std::move(callback)});
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = watch.get();
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    watches_[fd] = std::move(watch);
  }

  // To be called before `fd` is closed. Its callback is not called any more, not even for an event that has
  // come. It is destroyed, at the latest when the run_once() that is under way returns, but not while it
  // runs.
  void remove(int fd) {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    const auto found = watches_.find(fd);
    if (found == watches_.end()) return;
    found->second->removed = true;
    if (running_) buried_.push_back(std::move(found->second));
    watches_.erase(found);
  }

  // Takes one batch of events, without waiting. Returns how many callbacks it has called.
  int run_once() {
    epoll_event events[16];
    const int count = ::epoll_wait(epoll_, events, 16, 0);
    int called = 0;
    running_ = true;
    for (int i = 0; i < count; ++i) {
      const auto* watch = static_cast<const Watch*>(events[i].data.ptr);
      if (watch->removed) continue;
      watch->callback();
      ++called;
    }
    running_ = false;
    buried_.clear();
    return called;
  }

 private:
  struct Watch {
    Callback callback;
    bool removed = false;
  };

  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::unordered_map<int, std::unique_ptr<Watch>> watches_;
  std::vector<std::unique_ptr<Watch>> buried_;  // Removed during this batch: an event may still point there.
  bool running_ = false;
};
