#include "net/nested_loop.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "net/epoll_poller.h"

namespace pollux::net {

namespace {

UniqueFd make_timer() {
  UniqueFd fd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!fd) throw std::system_error(errno, std::system_category(), "timerfd_create");
  return fd;
}

}  // namespace

NestedLoop::NestedLoop() : NestedLoop(std::make_unique<EpollPoller>()) {}

// Edge-triggered: each expiry is an event once, and nothing needs to be read.
NestedLoop::NestedLoop(std::unique_ptr<EpollPoller> poller)
    : descriptor_(poller->fd()),
      loop_(std::move(poller)),
      timer_(make_timer()),
      timer_channel_(Channel::of<&NestedLoop::on_expiry>(timer_.get(), *this)) {
  loop_.add(timer_channel_, EPOLLIN | EPOLLET);
}

void NestedLoop::dispatch() {
  loop_.turn_at_once();
  arm();
}

// An expiry that has become too early does no harm: the next dispatch() arms the timer anew.
void NestedLoop::arm() {
  const auto due = loop_.timers().next_due();
  if (!due || (armed_ && *armed_ <= *due)) return;
  armed_ = due;
  const auto since = std::chrono::nanoseconds(due->time_since_epoch()).count();
  constexpr std::int64_t kSecond = 1'000'000'000;
  itimerspec spec{};
  spec.it_value = {.tv_sec = since / kSecond, .tv_nsec = since % kSecond};
  (void)::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

}  // namespace pollux::net
