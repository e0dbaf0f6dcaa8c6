#include "net/timer_descriptor.h"

#include <sys/timerfd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>

namespace pollux::net {

TimerDescriptor::TimerDescriptor() : fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::system_category(), "timerfd_create");
}

void TimerDescriptor::expire_at(TimePoint when) {
  const auto since = std::chrono::nanoseconds(when.time_since_epoch()).count();
  constexpr std::int64_t kSecond = 1'000'000'000;
  itimerspec spec{};
  spec.it_value = {.tv_sec = since / kSecond, .tv_nsec = since % kSecond};
  (void)::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

}  // namespace pollux::net
