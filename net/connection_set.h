// All connections of one loop: their owner, their options and the keeper of their deadlines.
//
// Thread: the loop's, which the methods assert. bury(), wake() and the methods marked "Thread: any" are
// exceptions.
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
      4096;  // Maximum of clients in an unfinished TLS handshake; a newcomer then displaces the oldest.
};

class ConnectionSet {
 public:
  // `on_ready` gets a connection that has events and is held on its behalf. It must arrange for receive(),
  // and then serve() or refuse(), on any thread. The concurrency models (server/) differ in this callback
  // only.
  using ReadyCallback = std::function<void(Connection& connection)>;

  ConnectionSet(EventLoop& loop, const ConnectionOptions& options, ReadyCallback on_ready)
      : loop_(loop), options_(options), on_ready_(std::move(on_ready)), handshakes_(options.max_handshakes) {}
  ConnectionSet(const ConnectionSet&) = delete;
  ConnectionSet& operator=(const ConnectionSet&) = delete;
  ~ConnectionSet();

  // Takes ownership of an accepted socket and begins to serve its client. Throws when memory is exhausted;
  // the socket is then closed.
  void adopt(UniqueFd socket, Transport transport, std::shared_ptr<const Terms> terms,
             std::unique_ptr<Protocol> protocol, Admission::Place place);

  // Terms have been retired: their connections move to the new ones, or are told. Not to be called within a
  // batch of events.
  void on_retirement();

  // Ends idle connections at once and the remaining ones at `deadline` at the latest, then calls `done`.
  // `quiet`: how long a connection must have been without a request to count as idle. 0: every connection
  // without a request in flight counts, even before its first one. A second call replaces the first.
  void drain(TimePoint deadline, milliseconds quiet, EventLoop::Function done);

  // Tells the protocols of the remaining connections that these end, and returns their number. REQUIRES: the
  // loop has ended, and no connection is lent.
  std::size_t cut_off();

  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }  // Thread: any.

  // Whether there are so many connections that one should free its buffers as soon as it becomes idle. With
  // few connections, keeping buffers for a moment saves the next request its allocations. Thread: any.
  [[nodiscard]] bool crowded() const { return size() > kCrowd; }

  [[nodiscard]] EventLoop& loop() { return loop_; }
  [[nodiscard]] const ConversationOptions& conversation_options() const { return options_.conversation; }
  [[nodiscard]] const ConnectionOptions& options() const { return options_; }  // Constant after construction.

  // Dispatches the connections that other threads have woken. To be called at the end of every iteration of
  // the loop, before dispatched connections go to workers.
  void call_the_woken();

  // Destroys the connections that have ended. To be called at the end of every iteration of the loop, when no
  // event of the batch can refer to them.
  void destroy_buried();

  // For Connection: the wire of its socket. Throws std::bad_alloc.
  [[nodiscard]] std::unique_ptr<Wire> make_wire(UniqueFd socket, Wire::Handler& handler);

  // For Waker. `waker` is on no list, and stays alive until answer() is called. Does not throw. Thread: any.
  [[nodiscard]] static ConnectionSet& of(Connection& connection) { return connection.set_; }
  void wake(Waker& waker);

  // For Connection, when it has ended. Does not throw. Thread: the one that holds the connection.
  void bury(Connection& connection);
  // For Connection, on the loop: the connection was taken because it has events.
  void dispatch(Connection& connection);
  // For Connection, on the loop: the server is shutting down, and its deadline has passed.
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
  std::size_t max_ = 0;                       // Peak since memory was last given back.
  std::atomic<Connection*> buried_{nullptr};  // A list. Release by bury(), acquire by destroy_buried().
  Connection* restless_ = nullptr;            // A list: buried, but the wire is not at rest.
  std::atomic<Waker*> woken_{nullptr};        // A list. Release by wake(), acquire by call_the_woken().
  std::atomic<std::size_t> size_{0};          // Size of connections_. Relaxed: a count, which guards nothing.
  Timer drain_timer_{[this](TimePoint now) { end_what_can_end(now); }};
  TimePoint drain_deadline_;
  milliseconds drain_quiet_{0};
  EventLoop::Function drained_;
};

}  // namespace pollux::net
