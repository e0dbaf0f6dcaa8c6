// The event loop: it waits, calls the callbacks of what happened, then those of the timers that are due.
//
//   run():  Poller::wait -> Poller::dispatch -> timers -> posted functions -> end-of-batch hook
//
// Its poller (net/poller.h) decides what it is: with epoll(7) a reactor, which reports what can be done; with
// io_uring(7) a proactor, which reports what has been done.
//
// Thread: run() makes the calling thread the loop's. add(), remove(), ring(), timers() and now() belong to
// that thread, or to any thread while run() is not running; debug and sanitizer builds assert it. try_add(),
// modify() and withdraw() may be called from any thread with epoll; post(), wake() and stop() from any
// thread.
#pragma once

#include <atomic>
#include <cassert>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/unique_fd.h"
#include "net/channel.h"
#include "net/poller.h"
#include "timer/timing_wheel.h"

namespace pollux::net {

class EventLoop {
 public:
  using Function = std::function<void()>;

  // `clock` must outlive the loop. Throws std::system_error when the kernel gives no epoll or eventfd.
  explicit EventLoop(const Clock& clock = Clock::system());
  explicit EventLoop(std::unique_ptr<Poller> poller, const Clock& clock = Clock::system());
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs until stop(). An exception from a callback leaves run(), so callbacks must catch their own
  // exceptions. The loop can be run again: posted functions are kept, but edge-triggered events of the same
  // batch may be lost.
  void run();
  void stop();

  // One iteration of run() that does not wait: for a loop within another loop (net/nested_loop.h). REQUIRES:
  // run() is not running.
  void turn_at_once();

  // Throws std::system_error, for example when fs.epoll.max_user_watches is reached.
  void add(Channel& channel, std::uint32_t events);
  // The same without exceptions. false: it was logged.
  [[nodiscard]] bool try_add(Channel& channel, std::uint32_t events);
  void remove(Channel& channel);
  // remove() for any thread, with epoll. An event of the channel may still arrive in this iteration.
  void withdraw(Channel& channel) { poller_->remove(channel); }

  // Arms the channel again for `events`; an EPOLLONESHOT channel fires only after this. Readiness that exists
  // already is reported again, with EPOLLET too.
  void modify(Channel& channel, std::uint32_t events);

  // Runs `function` on the loop's thread at the end of an iteration, never within the call. Must not throw.
  void post(Function function) EXCLUDES(mutex_);

  // Called after each batch of events and all that followed from it, before the loop waits again.
  void set_end_of_batch(Function hook) { end_of_batch_ = std::move(hook); }

  // nullptr: the loop waits with epoll.
  [[nodiscard]] Ring* ring() const {
    assert_in_loop_thread();
    return poller_->ring();
  }

  // Whether the calling thread is the one that run() was called on.
  [[nodiscard]] bool is_here() const;

  // For methods that belong to the loop's thread. Does nothing in a release build.
  void assert_in_loop_thread() const { assert(is_here() || !running_.load(std::memory_order_relaxed)); }

  // Makes the loop call the end-of-batch hook once more, soon. Allocates nothing, does not throw.
  void wake() const;

  // For the hook, when it has more to do: the next wait collects events without blocking.
  void poll_next() {
    assert_in_loop_thread();
    poll_next_ = true;
  }

  [[nodiscard]] TimingWheel& timers() {
    assert_in_loop_thread();
    return timers_;
  }
  [[nodiscard]] const Now& now() const {  // Read once per iteration.
    assert_in_loop_thread();
    return now_;
  }
  [[nodiscard]] const Clock& clock() const { return clock_; }  // Thread: any.

 private:
  [[nodiscard]] int wait_time();  // Milliseconds for Poller::wait(); -1: no timer is armed.
  void turn();
  void end();
  void leave();  // The thread goes on with the outer loop, if there is one.
  void run_posted() EXCLUDES(mutex_);
  void ring_the_bell() const;  // Ends Poller::wait().
  void on_bell(std::uint32_t events);

  const Clock& clock_;
  const std::unique_ptr<Poller> poller_;
  UniqueFd wake_fd_;
  Channel wake_channel_;
  Now now_;
  TimingWheel timers_;
  Function end_of_batch_;
  std::atomic<bool> stopping_{false};  // Relaxed: the wake-up orders it.
  std::atomic<bool> running_{false};   // Relaxed: for assertions.
  const EventLoop* outer_ = nullptr;   // The loop that runs ours on this thread, while it does.
  bool poll_next_ = false;
  bool dispatching_ = false;  // This iteration's run_posted() is still to come (the loop's thread only),
  bool hook_ahead_ = false;   // and so is its hook.

  Mutex mutex_;
  std::vector<Function> posted_ GUARDED_BY(mutex_);
};

}  // namespace pollux::net
