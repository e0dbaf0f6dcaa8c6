#include "net/epoll_poller.h"

#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

namespace pollux::net {

EpollPoller::EpollPoller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::system_category(), "epoll_create1");
}

std::size_t EpollPoller::wait(int milliseconds) {
  const int ready = ::epoll_wait(epoll_.get(), events_.data(), kBatch, milliseconds);
  if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::system_category(), "epoll_wait");
  ready_ = ready < 0 ? 0 : static_cast<std::size_t>(ready);
  return ready_;
}

void EpollPoller::dispatch() {
  for (const epoll_event& event : std::span(events_).first(std::exchange(ready_, 0))) {
    static_cast<const Channel*>(event.data.ptr)->handle(event.events);
  }
}

int EpollPoller::control(int operation, Channel& channel, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &channel}};
  return ::epoll_ctl(epoll_.get(), operation, channel.fd(), &event) == 0 ? 0 : errno;
}

int EpollPoller::add(Channel& channel, std::uint32_t events) {
  return control(EPOLL_CTL_ADD, channel, events);
}

int EpollPoller::modify(Channel& channel, std::uint32_t events) {
  return control(EPOLL_CTL_MOD, channel, events);
}

void EpollPoller::remove(Channel& channel) { (void)control(EPOLL_CTL_DEL, channel, 0); }

}  // namespace pollux::net
