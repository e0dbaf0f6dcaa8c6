// All connections of one loop: their owner, their options and the keeper of their deadlines.
//
// Thread: the loop's, except for bury() and wake().
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "net/connection.h"
#include "net/event_loop.h"
#include "net/phase.h"
#include "threadpool/thread_pool.h"

namespace pollux::net {

struct ConnectionOptions {
  Timeouts timeouts;
  bool edge_triggered = false;           // Drain the socket on an event; otherwise read once.
  bool oneshot = true;                   // A thread other than the loop's may hold a connection.
  bool linger = false;                   // Always wait for the client to close first.
  milliseconds blocking_patience{1000};  // Waits so long for a thread that may wait itself, see Next::kBlock.
};

class ConnectionSet {
 public:
  // `on_ready` gets a connection that has events, held for it: it must see to receive() and to serve()
  // or refuse(), on any thread. This is where the concurrency models differ (server/).
  using ReadyCallback = std::function<void(Connection& connection)>;

  ConnectionSet(EventLoop& loop, const ConnectionOptions& options, ReadyCallback on_ready)
      : loop_(loop), options_(options), on_ready_(std::move(on_ready)) {}
  ConnectionSet(const ConnectionSet&) = delete;
  ConnectionSet& operator=(const ConnectionSet&) = delete;

  // Where connections go whose protocol has to wait. Must end before this does. REQUIRES: nothing adopted
  // yet.
  void set_blocking_pool(ThreadPool& pool) { blocking_pool_ = &pool; }
  [[nodiscard]] ThreadPool* blocking_pool() const { return blocking_pool_; }  // nullptr: nowhere.

  // Takes an accepted socket and begins to serve it. Throws when memory is exhausted; the socket is then
  // closed.
  void adopt(Transport transport, std::unique_ptr<Protocol> protocol, Admission::Place place);

  // Ends idle connections at once; the others may finish until `deadline`. Calls `done` when none is left.
  void drain(TimePoint deadline, EventLoop::Function done);

  // Those that are left hear that it is over; says how many they were. REQUIRES: the loop has ended, and
  // nobody has been lent a connection.
  std::size_t cut_off();

  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }  // Thread: any.

  // So many connections that one that becomes idle should free its buffers at once. With few, keeping
  // them for a moment saves the next request its allocations. Thread: any.
  [[nodiscard]] bool crowded() const { return size() > kCrowd; }

  [[nodiscard]] EventLoop& loop() { return loop_; }
  [[nodiscard]] const ConnectionOptions& options() const { return options_; }  // Constant after construction.

  // Destroys the connections that have ended. To be called at the end of every iteration of the loop, when no
  // event of a batch can be theirs any more.
  void destroy_buried();

  // For Waker. Thread: any. Throws std::bad_alloc.
  [[nodiscard]] static ConnectionSet& of(Connection& connection) { return connection.set_; }
  void wake(std::shared_ptr<Waker> waker) EXCLUDES(mutex_);

  // For Connection, which has ended. Thread: the one that holds it. Does not throw.
  void bury(Connection& connection);
  // For Connection, on the loop: it was taken because it has events.
  void dispatch(Connection& connection);
  // For Connection, on the loop: the server shuts down, and has waited long enough.
  [[nodiscard]] bool must_end() const { return drained_ && loop_.now().steady >= drain_deadline_; }

 private:
  static constexpr std::size_t kCrowd = 128;  // Connections.

  void destroy(Connection& connection);
  void size_changed();
  void end_what_can_end(TimePoint now);
  void call_the_woken() EXCLUDES(mutex_);

  EventLoop& loop_;
  const ConnectionOptions options_;
  ReadyCallback on_ready_;
  ThreadPool* blocking_pool_ = nullptr;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::size_t max_ = 0;                       // Connections at a time, since memory was last given back.
  std::atomic<Connection*> buried_{nullptr};  // A list. Release by bury(), acquire by destroy_buried().
  std::atomic<std::size_t> size_{0};          // Of connections_. Relaxed: a count, which guards nothing.
  Timer drain_timer_{[this](TimePoint now) { end_what_can_end(now); }};
  TimePoint drain_deadline_;
  EventLoop::Function drained_;

  Mutex mutex_;
  std::vector<std::shared_ptr<Waker>> woken_ GUARDED_BY(mutex_);
};

}  // namespace pollux::net
