// Calls a function for each descriptor that can be read.
//
// This version remembers the functions by descriptor, as many servers do. Two things go wrong. One
// epoll_wait(2) brings several events; if a callback closes another descriptor of the same batch and opens a
// new one, that gets the same number, and the event that was left over reaches a stranger. And a callback
// that removes itself is destroyed while it still runs. Mend both: epoll_event.data can hold a pointer.
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
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    callbacks_[fd] = std::move(callback);
  }

  // To be called before `fd` is closed. Its callback is not called any more, not even for an event that has
  // come. It is destroyed, at the latest when the run_once() that is under way returns, but not while it
  // runs.
  void remove(int fd) {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    callbacks_.erase(fd);
  }

  // Takes one batch of events, without waiting. Returns how many callbacks it has called.
  int run_once() {
    epoll_event events[16];
    const int count = ::epoll_wait(epoll_, events, 16, 0);
    int called = 0;
    for (int i = 0; i < count; ++i) {
      const auto found = callbacks_.find(events[i].data.fd);
      if (found == callbacks_.end()) continue;
      found->second();
      ++called;
    }
    return called;
  }

 private:
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::unordered_map<int, Callback> callbacks_;
};
