#include "net/nested_loop.h"

#include <sys/epoll.h>

#include <utility>

#include "net/epoll_poller.h"

namespace pollux::net {

NestedLoop::NestedLoop() : NestedLoop(std::make_unique<EpollPoller>()) {}

NestedLoop::NestedLoop(std::unique_ptr<EpollPoller> poller)
    : descriptor_(poller->fd()),
      loop_(std::move(poller)),
      timer_channel_(Channel::of<&NestedLoop::on_expiry>(timer_.fd(), *this)) {
  loop_.add(timer_channel_, EPOLLIN | EPOLLET);
}

void NestedLoop::dispatch() {
  try {
    loop_.turn_at_once();
  } catch (...) {
    armed_.reset();  // The expiry may be among the lost events.
    arm();
    throw;
  }
  arm();
}

// An expiry that has become too early is harmless: the next dispatch() arms the timer anew.
void NestedLoop::arm() {
  const auto due = loop_.timers().next_due();
  if (!due || (armed_ && *armed_ <= *due)) return;
  armed_ = due;
  timer_.expire_at(*due);
}

}  // namespace pollux::net
