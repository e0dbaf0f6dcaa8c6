// The reactor: waits with epoll(7), calls the channel of every event, then the timers that are due.
//
//   run():  epoll_wait -> channels' callbacks -> timers -> posted functions -> end-of-batch hook
//
// Thread: run() makes the calling thread the loop's. add(), remove(), timers() and now() are for that
// thread (or before run()); try_add(), modify(), post(), wake() and stop() are for any.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/unique_fd.h"
#include "net/channel.h"
#include "timer/timing_wheel.h"

namespace pollux::net {

class EventLoop {
 public:
  using Function = std::function<void()>;

  EventLoop();  // Throws std::system_error when the kernel gives no epoll or eventfd.
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Until stop(). An exception from a callback leaves run(): callbacks are expected to keep their own.
  void run();
  void stop();

  // Throws std::system_error, for example when fs.epoll.max_user_watches is reached.
  void add(Channel& channel, std::uint32_t events);
  // The same without exceptions. false: it was logged.
  [[nodiscard]] bool try_add(Channel& channel, std::uint32_t events);
  void remove(Channel& channel);

  // Arms the channel anew for `events`; with EPOLLONESHOT this is what makes it fire again. What is
  // ready already is reported again, with EPOLLET too.
  void modify(Channel& channel, std::uint32_t events);

  // Runs `function` on the loop's thread at the end of an iteration, never within the call. Must not throw.
  void post(Function function) EXCLUDES(mutex_);

  // Called after each batch of events and whatever it brought about, before the loop waits again.
  void set_end_of_batch(Function hook) { end_of_batch_ = std::move(hook); }

  // Whether the calling thread is the one that run() was called on.
  [[nodiscard]] bool is_here() const;

  // Has the loop go through one more iteration, soon. Allocates nothing, does not throw.
  void wake() const;

  [[nodiscard]] TimingWheel& timers() { return timers_; }
  [[nodiscard]] const Now& now() const { return now_; }  // Read once an iteration.

 private:
  static constexpr int kBatch = 512;  // Events taken by one epoll_wait.

  [[nodiscard]] int wait_time() const;  // Milliseconds for epoll_wait; -1: no timer is armed.
  void run_posted() EXCLUDES(mutex_);

  UniqueFd epoll_;
  UniqueFd wake_fd_;
  Channel wake_channel_;
  Now now_;
  TimingWheel timers_;
  Function end_of_batch_;
  std::atomic<bool> stopping_{false};  // Relaxed: the wake-up orders it.
  bool dispatching_ = false;           // The loop's thread is before this iteration's run_posted().

  Mutex mutex_;
  std::vector<Function> posted_ GUARDED_BY(mutex_);
};

}  // namespace pollux::net
