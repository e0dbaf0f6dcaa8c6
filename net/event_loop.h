// The event loop: waits, calls whoever something has happened to, then the timers that are due.
//
//   run():  Poller::wait -> Poller::dispatch -> timers -> posted functions -> end-of-batch hook
//
// What it waits with decides what it is (net/poller.h): with epoll(7) a reactor, which tells what can be
// done; with io_uring(7) a proactor, which tells what is done.
//
// Thread: run() makes the calling thread the loop's. add(), remove(), ring(), timers() and now() are for that
// thread, or for any while nobody is in run(); they assert it in debug and sanitizer builds. try_add(),
// modify() and withdraw() are for any, with epoll; post(), wake() and stop() are for any.
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

  // `clock` must outlive it. Throws std::system_error when the kernel gives no epoll or eventfd.
  explicit EventLoop(const Clock& clock = Clock::system());
  explicit EventLoop(std::unique_ptr<Poller> poller, const Clock& clock = Clock::system());
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Until stop(). An exception from a callback leaves run(): callbacks must catch their own exceptions. The
  // loop can be run again: posted functions are kept, but events of the same batch may be lost where they are
  // edge-triggered.
  void run();
  void stop();

  // One iteration of run() that does not wait: for a loop within another one (net/nested_loop.h).
  // REQUIRES: nobody is in run().
  void turn_at_once();

  // Throws std::system_error, for example when fs.epoll.max_user_watches is reached.
  void add(Channel& channel, std::uint32_t events);
  // The same without exceptions. false: it was logged.
  [[nodiscard]] bool try_add(Channel& channel, std::uint32_t events);
  void remove(Channel& channel);
  // The same from any thread, with epoll. An event of it may be on its way in this iteration.
  void withdraw(Channel& channel) { poller_->remove(channel); }

  // Arms the channel anew for `events`; with EPOLLONESHOT this is what makes it fire again. What is
  // ready already is reported again, with EPOLLET too.
  void modify(Channel& channel, std::uint32_t events);

  // Runs `function` on the loop's thread at the end of an iteration, never within the call. Must not throw.
  void post(Function function) EXCLUDES(mutex_);

  // Called after each batch of events and whatever it brought about, before the loop waits again.
  void set_end_of_batch(Function hook) { end_of_batch_ = std::move(hook); }

  // nullptr: it waits with epoll.
  [[nodiscard]] Ring* ring() const {
    assert_in_loop_thread();
    return poller_->ring();
  }

  // Whether the calling thread is the one that run() was called on.
  [[nodiscard]] bool is_here() const;

  // For methods that belong to the loop's thread; nothing in a release build.
  void assert_in_loop_thread() const { assert(is_here() || !running_.load(std::memory_order_relaxed)); }

  // Has the end-of-batch hook called once more, soon. Allocates nothing, does not throw.
  void wake() const;

  // For the hook, when it has more to do: the next wait takes what has happened, and does not wait for more.
  void poll_next() {
    assert_in_loop_thread();
    poll_next_ = true;
  }

  [[nodiscard]] TimingWheel& timers() {
    assert_in_loop_thread();
    return timers_;
  }
  [[nodiscard]] const Now& now() const {  // Read once an iteration.
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
  const EventLoop* outer_ = nullptr;   // Of ours, and on this thread, while it runs within another one.
  bool poll_next_ = false;
  bool dispatching_ = false;  // The loop's thread is before this iteration's run_posted(),
  bool hook_ahead_ = false;   // or before the hook.

  Mutex mutex_;
  std::vector<Function> posted_ GUARDED_BY(mutex_);
};

}  // namespace pollux::net
