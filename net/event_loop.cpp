#include "net/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/metrics.h"
#include "log/logger.h"
#include "log/throttle.h"
#include "net/epoll_poller.h"

namespace pollux::net {

namespace {

thread_local const EventLoop* running_here = nullptr;  // The loop whose run() this thread is in.

UniqueFd checked(int fd, const char* call) {
  if (fd < 0) throw std::system_error(errno, std::system_category(), call);
  return UniqueFd(fd);
}

}  // namespace

EventLoop::EventLoop(const Clock& clock) : EventLoop(std::make_unique<EpollPoller>(), clock) {}

EventLoop::EventLoop(std::unique_ptr<Poller> poller, const Clock& clock)
    : clock_(clock),
      poller_(std::move(poller)),
      wake_fd_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      wake_channel_(Channel::of<&EventLoop::on_bell>(wake_fd_.get(), *this)),
      now_(clock.read()),
      timers_(now_.steady) {
  add(wake_channel_, EPOLLIN | EPOLLET);
}

void EventLoop::run() {
  outer_ = std::exchange(running_here, this);
  running_.store(true, std::memory_order_relaxed);
  poller_->begin();
  try {
    while (!stopping_.load(std::memory_order_relaxed)) turn();
  } catch (...) {
    end();
    ring_the_bell();
    throw;
  }
  end();
}

void EventLoop::turn_at_once() {
  outer_ = std::exchange(running_here, this);
  running_.store(true, std::memory_order_relaxed);
  poll_next_ = true;
  try {
    turn();
  } catch (...) {
    leave();
    ring_the_bell();
    throw;
  }
  leave();
}

void EventLoop::end() {
  poller_->end();
  leave();
}

// An exception has ended an iteration before its posted functions, or before the hook. Callers that relied on
// these did not ring the bell, so the catcher of the exception must ring it.
void EventLoop::leave() {
  dispatching_ = hook_ahead_ = false;
  running_.store(false, std::memory_order_relaxed);
  running_here = outer_;
}

void EventLoop::turn() {
  metrics::doing(metrics::Activity::kWaiting);
  const std::size_t events = poller_->wait(wait_time());
  metrics::doing(metrics::Activity::kLooking);
  metrics::count(metrics::Counter::kTurns);
  metrics::count(metrics::Counter::kEvents, events);
  now_ = clock_.read();
  dispatching_ = hook_ahead_ = true;
  poller_->dispatch();
  timers_.advance(now_.steady);
  dispatching_ = false;
  run_posted();
  hook_ahead_ = false;
  if (end_of_batch_) end_of_batch_();
}

void EventLoop::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  wake();
}

int EventLoop::wait_time() {
  if (std::exchange(poll_next_, false)) return 0;
  const auto due = timers_.next_due();
  if (!due) return -1;
  const auto wait = std::chrono::ceil<milliseconds>(*due - clock_.read().steady);
  return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 60'000));
}

void EventLoop::add(Channel& channel, std::uint32_t events) {
  assert_in_loop_thread();
  if (const int error = poller_->add(channel, events); error != 0)
    throw std::system_error(error, std::system_category(), "epoll_ctl ADD");
}

bool EventLoop::try_add(Channel& channel, std::uint32_t events) {
  const int error = poller_->add(channel, events);
  if (error == 0) return true;
  static log::Throttle throttle(10);
  throttle.log(log::Level::kError, "a connection is closed at once: epoll_ctl ADD: {}",
               std::system_category().message(error));
  return false;
}

void EventLoop::remove(Channel& channel) {
  assert_in_loop_thread();
  poller_->remove(channel);
}

void EventLoop::modify(Channel& channel, std::uint32_t events) {
  if (const int error = poller_->modify(channel, events); error != 0) {
    // The kernel promises this for a descriptor that was added and is open.
    log::emerg("epoll_ctl MOD: {}", std::system_category().message(error));
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
  if (first && !seen_anyway) ring_the_bell();
}

void EventLoop::run_posted() {
  std::vector<Function> functions;
  {
    const MutexLock lock(mutex_);
    functions.swap(posted_);
  }
  auto next = functions.begin();
  try {
    while (next != functions.end()) (*next++)();
  } catch (...) {  // Costs none of the others.
    const MutexLock lock(mutex_);
    posted_.insert(posted_.begin(), std::make_move_iterator(next), std::make_move_iterator(functions.end()));
    throw;
  }
}

void EventLoop::wake() const {
  const bool seen_anyway = is_here() && hook_ahead_;
  if (!seen_anyway) ring_the_bell();
}

void EventLoop::on_bell(std::uint32_t /*events*/) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = ::read(wake_fd_.get(), &count, sizeof count);
}

void EventLoop::ring_the_bell() const {
  const std::uint64_t one = 1;
  // Fails only when a wake-up is pending already.
  [[maybe_unused]] const ssize_t given = ::write(wake_fd_.get(), &one, sizeof one);
}

}  // namespace pollux::net
