#include "castor/wake_timer.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <cerrno>
#include <system_error>

namespace pollux::castor {

namespace {

UniqueFd make_timer() {
  UniqueFd fd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!fd) throw std::system_error(errno, std::system_category(), "timerfd_create");
  return fd;
}

}  // namespace

// Edge-triggered: every expiry is an event, and nothing needs to be read.
WakeTimer::WakeTimer(net::EventLoop& loop)
    : loop_(loop), fd_(make_timer()), channel_(net::Channel::of<&WakeTimer::on_expiry>(fd_.get(), *this)) {
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
  const auto since = std::chrono::nanoseconds(when.time_since_epoch()).count();
  constexpr std::int64_t kSecond = 1'000'000'000;
  itimerspec spec{};
  spec.it_value = {.tv_sec = since / kSecond, .tv_nsec = since % kSecond};
  (void)::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

}  // namespace pollux::castor
