// A file descriptor and the callback for its events.
//
// epoll_event.data.ptr points to a Channel, so dispatching an event is one indirect call, whether it belongs
// to a listener, a connection, a signal or a wake-up. There is no `if (fd == listenfd)` and no table from
// descriptor numbers to objects, which would be wrong as soon as a number is used again.
//
// Does not own the descriptor. Thread: the callback runs on the thread of the loop that the channel was added
// to.
#pragma once

#include <cstdint>
#include <memory>

namespace pollux::net {

class Channel {
 public:
  // `events` as in epoll_ctl(2): EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR.
  using Callback = void (*)(void* object, std::uint32_t events);

  Channel(int fd, Callback callback, void* object) : callback_(callback), object_(object), fd_(fd) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // A member function as the callback: Channel::of<&Acceptor::on_ready>(fd, *this).
  template <auto Method, class T>
  [[nodiscard]] static Channel of(int fd, T& object) {
    return {fd, &call<Method, T>, &object};
  }
  template <auto Method, class T>
  [[nodiscard]] static std::unique_ptr<Channel> make(int fd,
                                                     T& object) {  // The same, replacing a channel.
    return std::make_unique<Channel>(fd, &call<Method, T>, &object);
  }

  [[nodiscard]] int fd() const { return fd_; }
  void handle(std::uint32_t events) const { callback_(object_, events); }

 private:
  template <auto Method, class T>
  static void call(void* object, std::uint32_t events) {
    (static_cast<T*>(object)->*Method)(events);
  }

  Callback callback_;
  void* object_;
  int fd_;
};

}  // namespace pollux::net
