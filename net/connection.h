// One accepted client: what it sends goes to its protocol, the protocol's answers go back, and every wait has
// a deadline. The octets' way to and from the socket is net/transport.h's.
//
// Whose hands it is in (the one rule, docs/design.md): a connection is held by exactly one thread.
//
//             event: take()                       last act: give_back()
//   kLoop ---------------------> kLent (loop, then perhaps a worker) ----------------> kLoop
//                                  |  event while the worker still has it             ^
//                                  +----> kLentAndReady ----- armed once more --------+
//                                  wake() meanwhile
//                                  +----> kLentAndWoken ----- the same, for output, too: surely an event
//
//  - While it is lent, EPOLLONESHOT keeps it silent, and a deadline that fires only comes back later.
//  - give_back() first arms epoll and then lets go, so that a timer on the loop cannot close the
//    descriptor, and its number cannot be used again, while a worker is about to arm it. An event may
//    therefore reach the loop before the worker has let go; take() notes it and the worker arms again.
//  - The exchange of `hold_` carries the happens-before edge in both directions (acquire and release).
//
// Every concurrency model calls the same three steps, on the threads of its choice:
//   receive()   socket -> buffer
//   serve()     buffer -> (TLS ->) protocol -> (TLS ->) socket, then waits again or ends
//   refuse()    instead of serve(), when there is nobody to serve it
// What may wait for something else than the client goes on in the blocking pool, in every model alike:
// serve() lends it there, and its loop hears nothing of it until it is back.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/trace.h"
#include "net/admission.h"
#include "net/channel.h"
#include "net/protocol.h"
#include "net/transport.h"
#include "timer/timing_wheel.h"

namespace pollux::net {

class ConnectionSet;

class Connection {
 public:
  // Thread: the loop's.
  Connection(ConnectionSet& set, Transport transport, std::unique_ptr<Protocol> protocol,
             Admission::Place place);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // The steps. Thread: the one that holds the connection. serve() and refuse() give it away again;
  // after them the caller must not touch it. They do not throw.
  void receive();
  void serve();
  void refuse();

  // serve() may have to do the costly part of a TLS handshake. Thread: the one that holds the connection.
  [[nodiscard]] bool handshaking() const { return transport_.handshake_ahead(); }

 private:
  friend class ConnectionSet;

  enum class Hold : std::uint8_t { kLoop, kLent, kLentAndReady, kLentAndWoken };
  enum class Outcome : std::uint8_t { kAwaitInput, kAwaitOutput, kBlock, kClose, kReset };
  enum class Thread : std::uint8_t { kMustNotBlock, kMayBlock };

  // Thread: the loop's.
  void start(const Now& now);
  // false: a worker still has it; the event will come again. `mark`: what the worker is told.
  [[nodiscard]] bool take(Hold mark = Hold::kLentAndReady);
  void on_event(std::uint32_t events);
  void on_wake();
  void on_timer(TimePoint now);
  void expire();  // REQUIRES: taken. The phase's deadline has passed.

  // Thread: the one that holds the connection.
  [[nodiscard]] bool idle() const;
  [[nodiscard]] bool may_end() const;
  void trim();  // REQUIRES: idle(). Frees the buffers.
  template <class Work>
  void hold_and(Work work);  // Runs `work`, then does what its outcome says.
  void block();              // To the blocking pool.
  void serve_blocking();     // Thread: the pool's.
  [[nodiscard]] Outcome advance(const Now& now);
  [[nodiscard]] Outcome go_on_with_handshake(const Now& now);
  [[nodiscard]] Outcome converse(Now now, Thread thread, bool overdue = false);
  [[nodiscard]] Outcome last_words(Protocol::Trouble trouble, const Now& now);
  [[nodiscard]] Outcome flush_and_finish(const Now& now);
  [[nodiscard]] Outcome finish();
  // std::nullopt: all is sent.
  [[nodiscard]] std::optional<Outcome> flush(const Now& now);
  [[nodiscard]] Transport::Flushed flush_measured(const Now& now);
  [[nodiscard]] bool ending() const;
  [[nodiscard]] Protocol::Io io(const Now& now, Thread thread = Thread::kMustNotBlock);
  void enter(Phase phase, bool restart, const Now& now);
  void follow();  // If the tracer wants to.
  void stop_following(bool closed = false);
  void report_tls_failure() const;
  void give_back(std::uint32_t interest);
  [[nodiscard]] bool arm(std::uint32_t interest);
  void switch_protocol();
  void end_protocol();
  void retire(bool reset);

  ConnectionSet& set_;
  const Admission::Place place_;
  Transport transport_;
  std::unique_ptr<Protocol> protocol_;
  std::shared_ptr<Waker> waker_;  // nullptr: nobody but the client and the timer has the protocol called.
  Channel channel_;
  Timer timer_;      // The loop's alone. Never later than the deadline, see ConnectionSet::on_event.
  TimePoint ready_;  // When something was last to be done for it. Its holder's.
  std::unique_ptr<trace::Recording> recording_;  // nullptr: it is not followed.
  TimePoint deadline_;    // Of phase_; on its way to the blocking pool: of the wait for a thread there.
  std::size_t slot_ = 0;  // In the set; the loop's alone.
  Connection* next_buried_ = nullptr;  // Of the set's list.
  std::uint32_t interest_ = 0;         // What epoll was asked for last; 0: it does not know the connection.
  std::atomic<Hold> hold_{Hold::kLoop};
  Phase phase_ = Phase::kHandshake;
  Protocol::Next next_ = Protocol::Next::kContinue;
  bool answered_ = false;           // What the protocol has just queued is not yet measured.
  bool end_announced_ = false;      // The last event said that there is an end to be read.
  bool received_at_start_ = false;  // receive() has nothing to add.
  bool silenced_ = false;           // It is away in the blocking pool, in a model without oneshot.
  bool out_of_memory_ = false;      // receive() could not take what has come.
  bool protocol_ended_ = false;     // It was told.
  bool lingering_ = false;          // We have shut down our side and only wait for the client's end.
};

}  // namespace pollux::net
