#include "castor/wake_timer.h"

#include <sys/epoll.h>

namespace pollux::castor {

WakeTimer::WakeTimer(net::EventLoop& loop)
    : loop_(loop), channel_(net::Channel::of<&WakeTimer::on_expiry>(timer_.fd(), *this)) {
  loop_.add(channel_, EPOLLIN | EPOLLET);
}

void WakeTimer::wake_by(TimePoint when, TimePoint now) {
  if (when <= now) {
    loop_.wake();
    return;
  }
  const bool comes_before = set_ > now && set_ <= when;
  if (comes_before) return;
  set_ = when;
  timer_.expire_at(when);
}

}  // namespace pollux::castor
