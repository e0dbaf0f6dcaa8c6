// A reactor: it waits for many descriptors and calls the handler of each that can be read.
//
// epoll_wait(2) reports a batch of events, and a handler may remove any descriptor, its own included, close
// it, and add a new one, which the kernel gives the number that has just become free. This version knows a
// descriptor by its number alone, so an event that is left over in the batch reaches whoever has that number
// by now, and a handler that removes itself destroys the function that is running. Mend it:
//
// - after remove(fd), no handler that was added for it is called, even if its event is in the batch
//   already;
// - an event reaches the handler that it was meant for, never one that was added later;
// - a handler may remove itself while it runs.
#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <map>
#include <utility>

class Reactor {
 public:
  using Handler = std::function<void()>;

  Reactor() = default;
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor() { ::close(epoll_); }

  // REQUIRES: `fd` is not added.
  void add(int fd, Handler handler) {
    handlers_[fd] = std::move(handler);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  // The caller closes `fd` afterwards, if it likes.
  void remove(int fd) {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    handlers_.erase(fd);
  }

  // Takes one batch of events, without waiting, and calls their handlers.
  void turn() {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll_, events, 64, 0);
    for (int i = 0; i < count; ++i) {
      const auto found = handlers_.find(events[i].data.fd);
      if (found != handlers_.end()) found->second();
    }
  }

  [[nodiscard]] std::size_t size() const { return handlers_.size(); }

 private:
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::map<int, Handler> handlers_;
};
