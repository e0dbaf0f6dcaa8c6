// One simulated client of the load generator: a state machine around one socket, over and over.
//
//   kClosed -> kConnecting -> kHandshake -> kOpen -> kClosing -> kClosed
//                   |                        ^ |
//                   +------------------------+ +--> kClosed: the server ended it, or it broke
//   kHeld: an idle connection (--idle), which asks for nothing
//
// A server that announces the end of the connection has a moment to end it itself (kClosing): whoever does
// keeps the port in TIME_WAIT, and a client would run out of them. One that does not announce it is not
// waited for (RFC 9112 9.6).
//
// A client takes requests from the schedule; its requester reports to the accounting. The socket is
// registered once, edge-triggered for both directions, so a request costs no epoll_ctl. A request costs one
// send, one recv, and its part of an epoll_wait: its octets lie ready, responses are parsed where they were
// read, and nothing is allocated.
//
// It has no net::Transport, which the server and the client library use. A Transport holds the octets of its
// own connection, in and out, because they may wait there. Here nothing waits: all clients of a thread read
// into the same two buffers, in plain text and through TLS, and requests are sent or encrypted from where
// they lie ready, without going through a queue.
//
// What is said on the connection is its requester's affair (requester.h): the client has the socket, and TLS.
//
// Thread: that of its worker.
#pragma once

#include <cstdint>
#include <memory>

#include "base/buffer.h"
#include "base/unique_fd.h"
#include "castor/accounting.h"
#include "castor/requester.h"
#include "castor/schedule.h"
#include "castor/tls_sessions.h"
#include "client/outcome.h"

namespace pollux::castor {

class Client;

// The loop, as its clients see it.
class ClientLoop {
 public:
  virtual ~ClientLoop() = default;

  // Reports the events of this socket to client.on_socket(), edge-triggered, until it is closed. false: the
  // kernel watches no more.
  [[nodiscard]] virtual bool watch(int fd, Client& client) = 0;
  [[nodiscard]] virtual TimePoint clock() const = 0;
};

// What the clients of one thread share. It outlives them.
struct Surroundings {
  const Options& options;
  ClientLoop& loop;
  Schedule& schedule;
  Accounting& accounting;
  TlsSessions& tls;
  Buffer wire = {};  // Both are empty between two events.
  Buffer plain = {};
};

class Client {
 public:
  // `source`: the address it connects from; may be null. `held`: it sends nothing.
  Client(Surroundings& surroundings, Schedule::ClientId id, RequestPicker& picker,
         const net::SocketAddress* source, bool held);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void on_socket(std::uint32_t events) { on_event(events, surroundings_.loop.clock()); }  // As epoll says it.
  void on_event(std::uint32_t events, TimePoint now);
  void on_turn(TimePoint now);     // Its time in the schedule has come: Schedule::later().
  void on_due(TimePoint now);      // Open loop: it has waited for a request, and one is due.
  void check_time(TimePoint now);  // To be called every now and then: has it waited too long?
  void abandon(TimePoint now);     // The run is over, whatever the client does.

  [[nodiscard]] Schedule::ClientId id() const { return id_; }
  [[nodiscard]] bool holds() const { return state_ == State::kHeld; }

 private:
  enum class State : std::uint8_t { kClosed, kConnecting, kHandshake, kOpen, kClosing, kHeld };

  [[nodiscard]] bool has_room() const;
  void take_requests(TimePoint now);
  void go(TimePoint now);

  void open(TimePoint now);
  void open_later(TimePoint now);
  void on_writable(TimePoint now);
  void on_connected(TimePoint now);
  void on_established(TimePoint now);

  // 0, EAGAIN, or why nothing more can be sent.
  [[nodiscard]] int flush(TimePoint now);
  [[nodiscard]] int flush_plain(TimePoint now);
  [[nodiscard]] ssize_t send_pieces(std::span<const iovec> pieces);
  [[nodiscard]] int flush_tls(TimePoint now);
  void flush_or_break(TimePoint now);

  void receive(TimePoint now, bool until_the_end);
  void take_octets(Buffer& read, TimePoint now);
  [[nodiscard]] bool decrypt(Buffer& wire, Buffer& plain, TimePoint now);
  void parse(Buffer& in, TimePoint now);
  void proceed(const Requester::Step& step, TimePoint now);
  void on_end(TimePoint now);
  void on_broken(client::Stage stage, client::ErrorKind kind, TimePoint now);

  void fail(client::Stage stage, client::ErrorKind kind, TimePoint now);
  void end_connection(TimePoint now);
  void close_socket();
  void go_on(TimePoint now);
  [[nodiscard]] client::Stage stage() const;
  // Its handshake is a part of being opened, as far as the schedule bounds how many are: with --idle a server
  // would have to make thousands at once. Clients that ask are bound by their number.
  [[nodiscard]] bool begins_held_tls() const { return held_ && tls_ != nullptr; }
  [[nodiscard]] bool is_same_connection(std::uint32_t opens) const {
    return opens_ == opens && state_ != State::kClosed;
  }

  Surroundings& surroundings_;
  const Origin& origin_;
  const net::SocketAddress* const source_;
  const Schedule::ClientId id_;
  const bool held_;
  State state_ = State::kClosed;
  bool send_broken_ = false;  // Nothing more can be sent; the response may still come.
  bool wire_ended_ = false;   // By TLS's close_notify.
  std::uint32_t opens_ = 0;   // Connections so far.
  UniqueFd fd_;
  TimePoint since_;  // When it began to be opened, or to be closed.

  const std::unique_ptr<Requester> requester_;
  Buffer pending_;  // The beginning of what was not whole.
  std::unique_ptr<tls::Session> tls_;
};

}  // namespace pollux::castor
