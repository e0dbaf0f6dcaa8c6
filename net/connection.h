// One accepted client: the thread that holds it, what it waits for, and its deadline. The conversation
// (net/conversation.h) knows what is said on it, and the wire (net/wire.h) moves octets to and from the
// socket.
//
// Exactly one thread holds a connection (net/custody.h; "The one rule" in docs/design.md). While the
// connection is lent, its wire is silent, and a deadline that fires is only put off. The holder's last act
// arms the wire first and lets go second. Otherwise a timer on the loop could close the descriptor, and its
// number could be used again, just before a worker arms it. So an event may reach the loop before the worker
// has let go: it leaves a mark, and the worker arms again.
//
// Every concurrency model calls the same three steps, on the threads of its choice:
//   receive()   wire -> buffer
//   serve()     buffer -> (TLS ->) protocol -> (TLS ->) wire, then waits again or ends
//   refuse()    instead of serve(), when no thread is free to serve it
#pragma once

#include <memory>

#include "base/clock.h"
#include "net/admission.h"
#include "net/conversation.h"
#include "net/custody.h"
#include "net/following.h"
#include "net/socket_address.h"
#include "net/unfinished_handshakes.h"
#include "net/waker.h"
#include "net/wire.h"
#include "timer/timing_wheel.h"

namespace pollux::net {

class ConnectionSet;

class Connection final : private ProtocolHost, private Wire::Handler {
 public:
  // Thread: the loop's.
  Connection(ConnectionSet& set, UniqueFd socket, Transport transport, std::shared_ptr<const Terms> terms,
             std::unique_ptr<Protocol> protocol, Admission::Place place);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  // The steps. They do not throw. serve() and refuse() give the connection away: the caller must not touch it
  // afterwards. Thread: the one that holds the connection.
  void receive();
  void serve();
  void refuse();

  // Thread: the one that holds the connection. handshaking(): serve() may have to do the costly part of a TLS
  // handshake.
  [[nodiscard]] bool handshaking() const { return conversation_.handshake_ahead(); }
  [[nodiscard]] TimePoint ready_since() const { return conversation_.ready_since(); }

 private:
  friend class ConnectionSet;

  // Thread: the loop's.
  void start(const Now& now);
  void on_event(Wire::Event event) override;
  void on_wake();
  void on_retirement();  // Its terms may have been retired.
  void on_timer(TimePoint now);
  void expire();                    // REQUIRES: taken. The phase's deadline has passed.
  void weigh_again(TimePoint now);  // REQUIRES: taken.

  // Thread: the one that holds the connection.
  [[nodiscard]] std::shared_ptr<Waker> waker() override;
  void forget_waker() override;
  [[nodiscard]] bool is_certified_for(std::string_view host) const override;
  [[nodiscard]] std::string_view application_protocol() const override;
  [[nodiscard]] std::string_view tls_version() const override;
  [[nodiscard]] std::string client() const override;
  [[nodiscard]] bool stand_for(const SocketAddress& client) override;
  void begin_tls(std::unique_ptr<tls::Session> session) override;
  [[nodiscard]] bool retired() const override { return conversation_.terms().retired(); }
  template <class Work>
  void hold_and(Work work);  // Runs `work`, then acts on the outcome.
  [[nodiscard]] bool merely_ends(const Wire::Event& event) const;
  void follow();
  void trim_in_a_crowd();  // See ConnectionSet::crowded().
  void give_back(Interest interest);
  void retire(bool reset);

  ConnectionSet& set_;
  Admission::Place place_;
  Conversation conversation_;
  std::unique_ptr<const SocketAddress> client_;  // The one that a proxy named; nullptr: the peer.
  std::shared_ptr<Waker> waker_;                 // nullptr: no thread has asked for one yet.
  Timer timer_;  // For the loop only. Never later than the deadline, see ConnectionSet::dispatch.
  Following following_;
  Connection* next_buried_ = nullptr;  // In the set's list.
  std::uint32_t slot_ = 0;             // In the set. For the loop only.
  // If it began with a TLS handshake. For the loop only.
  UnfinishedHandshakes::Place handshake_place_ = UnfinishedHandshakes::kNone;
  bool end_announced_ = false;  // The last event reported an end of input or an error, still to be received.
  Custody custody_;
};

}  // namespace pollux::net
