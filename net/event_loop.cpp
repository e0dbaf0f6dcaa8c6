#include "net/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/metrics.h"
#include "log/logger.h"
#include "log/throttle.h"

namespace pollux::net {

namespace {

thread_local const EventLoop* running_here = nullptr;  // The loop whose run() this thread is in.

UniqueFd checked(int fd, const char* call) {
  if (fd < 0) throw std::system_error(errno, std::system_category(), call);
  return UniqueFd(fd);
}

}  // namespace

EventLoop::EventLoop(const Clock& clock)
    : clock_(clock),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_fd_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      wake_channel_(Channel::of<&EventLoop::on_ring>(wake_fd_.get(), *this)),
      now_(clock.read()),
      timers_(now_.steady) {
  add(wake_channel_, EPOLLIN | EPOLLET);
}

void EventLoop::run() {
  std::array<epoll_event, kBatch> events;
  running_here = this;
  running_.store(true, std::memory_order_relaxed);
  while (!stopping_.load(std::memory_order_relaxed)) {
    metrics::doing(metrics::Activity::kWaiting);
    const int ready = ::epoll_wait(epoll_.get(), events.data(), kBatch, wait_time());
    if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::system_category(), "epoll_wait");
    metrics::doing(metrics::Activity::kLooking);
    now_ = clock_.read();
    dispatching_ = hook_ahead_ = true;
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      static_cast<const Channel*>(event.data.ptr)->handle(event.events);
    }
    timers_.advance(now_.steady);
    dispatching_ = false;
    run_posted();
    hook_ahead_ = false;
    if (end_of_batch_) end_of_batch_();
  }
  running_.store(false, std::memory_order_relaxed);
  running_here = nullptr;
}

void EventLoop::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  wake();
}

int EventLoop::wait_time() const {
  const auto due = timers_.next_due();
  if (!due) return -1;
  const auto wait = std::chrono::ceil<milliseconds>(*due - clock_.read().steady);
  return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 60'000));
}

void EventLoop::add(Channel& channel, std::uint32_t events) {
  assert_in_loop_thread();
  epoll_event event{.events = events, .data = {.ptr = &channel}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, channel.fd(), &event) != 0) {
    throw std::system_error(errno, std::system_category(), "epoll_ctl ADD");
  }
}

bool EventLoop::try_add(Channel& channel, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &channel}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, channel.fd(), &event) == 0) return true;
  static log::Throttle throttle(10);
  throttle.log(log::Level::kError, "a connection is closed at once: epoll_ctl ADD: {}",
               std::system_category().message(errno));
  return false;
}

void EventLoop::remove(Channel& channel) {
  assert_in_loop_thread();
  (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, channel.fd(), nullptr);
}

void EventLoop::modify(Channel& channel, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &channel}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, channel.fd(), &event) != 0) {
    // The kernel promises this for a descriptor that was added and is open.
    log::emerg("epoll_ctl MOD: {}", std::system_category().message(errno));
    std::abort();
  }
}

bool EventLoop::is_here() const { return running_here == this; }

void EventLoop::post(Function function) {
  bool first = false;
  {
    const MutexLock lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(function));
  }
  const bool seen_anyway = is_here() && dispatching_;
  if (first && !seen_anyway) ring();
}

void EventLoop::run_posted() {
  std::vector<Function> functions;
  {
    const MutexLock lock(mutex_);
    functions.swap(posted_);
  }
  for (const Function& function : functions) function();
}

void EventLoop::wake() const {
  const bool seen_anyway = is_here() && hook_ahead_;
  if (!seen_anyway) ring();
}

void EventLoop::on_ring(std::uint32_t /*events*/) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = ::read(wake_fd_.get(), &count, sizeof count);
}

void EventLoop::ring() const {
  const std::uint64_t one = 1;
  // Fails only when a wake-up is pending already.
  [[maybe_unused]] const ssize_t given = ::write(wake_fd_.get(), &one, sizeof one);
}

}  // namespace pollux::net
