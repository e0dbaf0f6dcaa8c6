// A reactor: it waits for many descriptors and calls the handler of each that can be read.
//
// An event carries the number of a registration, which is never used again, so a left-over event finds
// nobody. What is called is a copy of the handler's pointer: a handler that removes itself lives until it
// returns.
#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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
    const std::uint64_t registration = ++last_;
    handlers_[registration] = std::make_shared<Handler>(std::move(handler));
    registrations_[fd] = registration;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = registration;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  // The caller closes `fd` afterwards, if it likes.
  void remove(int fd) {
    const auto found = registrations_.find(fd);
    if (found == registrations_.end()) return;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    handlers_.erase(found->second);
    registrations_.erase(found);
  }

  // Takes one batch of events, without waiting, and calls their handlers.
  void turn() {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll_, events, 64, 0);
    for (int i = 0; i < count; ++i) {
      const auto found = handlers_.find(events[i].data.u64);
      if (found == handlers_.end()) continue;
      const std::shared_ptr<Handler> handler = found->second;
      (*handler)();
    }
  }

  [[nodiscard]] std::size_t size() const { return handlers_.size(); }

 private:
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::uint64_t last_ = 0;
  std::map<int, std::uint64_t> registrations_;
  std::map<std::uint64_t, std::shared_ptr<Handler>> handlers_;
};
