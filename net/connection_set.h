// All connections of one loop: their owner, their options and the keeper of their deadlines.
//
// Thread: the loop's, which its methods assert, except for bury(), wake() and what says so.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "net/connection.h"
#include "net/epoll_wire.h"
#include "net/event_loop.h"
#include "net/unfinished_handshakes.h"

namespace pollux::net {

struct ConnectionOptions {
  ConversationOptions conversation;
  EpollMode epoll;
  std::size_t max_handshakes =
      4096;  // Clients that may begin a TLS handshake before one has to have finished.
};

class ConnectionSet {
 public:
  // `on_ready` gets a connection that has events, held for it: it must see to receive() and to serve()
  // or refuse(), on any thread. This is where the concurrency models differ (server/).
  using ReadyCallback = std::function<void(Connection& connection)>;

  ConnectionSet(EventLoop& loop, const ConnectionOptions& options, ReadyCallback on_ready)
      : loop_(loop), options_(options), on_ready_(std::move(on_ready)), handshakes_(options.max_handshakes) {}
  ConnectionSet(const ConnectionSet&) = delete;
  ConnectionSet& operator=(const ConnectionSet&) = delete;
  ~ConnectionSet();

  // Takes an accepted socket and begins to serve it. Throws when memory is exhausted; the socket is then
  // closed.
  void adopt(UniqueFd socket, Transport transport, std::shared_ptr<const Terms> terms,
             std::unique_ptr<Protocol> protocol, Admission::Place place);

  // Terms have been retired: connections that are theirs move on, or learn of it. Not within a batch of
  // events.
  void on_retirement();

  // Ends idle connections, the others may finish until `deadline`. Calls `done` when none is left. `quiet`:
  // how long a client must have asked for nothing; 0: idle ones end at once, even those that have not asked
  // for anything yet. A second call takes the place of the first.
  void drain(TimePoint deadline, milliseconds quiet, EventLoop::Function done);

  // Those that are left hear that it is over; says how many they were. REQUIRES: the loop has ended, and
  // nobody has been lent a connection.
  std::size_t cut_off();

  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }  // Thread: any.

  // So many connections that one that becomes idle should free its buffers at once. With few, keeping
  // them for a moment saves the next request its allocations. Thread: any.
  [[nodiscard]] bool crowded() const { return size() > kCrowd; }

  [[nodiscard]] EventLoop& loop() { return loop_; }
  [[nodiscard]] const ConversationOptions& conversation_options() const { return options_.conversation; }
  [[nodiscard]] const ConnectionOptions& options() const { return options_; }  // Constant after construction.

  // Dispatches the connections that other threads have woken. To be called at the end of every iteration of
  // the loop, before those that were dispatched go to workers.
  void call_the_woken();

  // Destroys the connections that have ended. To be called at the end of every iteration of the loop, when no
  // event of a batch can be theirs any more.
  void destroy_buried();

  // For Connection: the wire of its socket. Throws std::bad_alloc.
  [[nodiscard]] std::unique_ptr<Wire> make_wire(UniqueFd socket, Wire::Handler& handler);

  // For Waker. Thread: any. `waker` is on no list and stays alive until it is answered. Does not throw.
  [[nodiscard]] static ConnectionSet& of(Connection& connection) { return connection.set_; }
  void wake(Waker& waker);

  // For Connection, which has ended. Thread: the one that holds it. Does not throw.
  void bury(Connection& connection);
  // For Connection, on the loop: it was taken because it has events.
  void dispatch(Connection& connection);
  // For Connection, on the loop: the server shuts down, and has waited long enough.
  [[nodiscard]] bool must_end() const { return drained_ && loop_.now().steady >= drain_deadline_; }

 private:
  static constexpr std::size_t kCrowd = 128;  // Connections.

  void destroy_those_at_rest(Connection* list);
  void destroy(Connection& connection);
  void size_changed();
  void end_oldest_handshake(Connection& connection);
  void end_what_can_end(TimePoint now);
  [[nodiscard]] bool can_end(const Connection& connection, TimePoint now) const;

  EventLoop& loop_;
  const ConnectionOptions options_;
  ReadyCallback on_ready_;
  std::vector<std::unique_ptr<Connection>> connections_;
  UnfinishedHandshakes handshakes_;
  std::size_t max_ = 0;                       // Connections at a time, since memory was last given back.
  std::atomic<Connection*> buried_{nullptr};  // A list. Release by bury(), acquire by destroy_buried().
  Connection* restless_ = nullptr;            // A list of those buried whose wires are not at rest.
  std::atomic<Waker*> woken_{nullptr};        // The same, by wake() and call_the_woken().
  std::atomic<std::size_t> size_{0};          // Of connections_. Relaxed: a count, which guards nothing.
  Timer drain_timer_{[this](TimePoint now) { end_what_can_end(now); }};
  TimePoint drain_deadline_;
  milliseconds drain_quiet_{0};
  EventLoop::Function drained_;
};

}  // namespace pollux::net
