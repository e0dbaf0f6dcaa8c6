// One simulated client of the load generator: a state machine around one socket after another.
//
//   kClosed -> kConnecting -> kHandshake -> kOpen -> kClosing -> kClosed
//                   |                        ^ |
//                   +------------------------+ +--> kClosed: the server ended it, or it broke
//   kHeld: an idle connection (--idle), which asks for nothing
//
// A server that announces the end of the connection gets a moment to close first (kClosing). The side that
// closes first keeps the port in TIME_WAIT, and a client would run out of ports. Without an announcement, the
// client does not wait (RFC 9112 9.6).
//
// A client takes requests from the schedule; its requester reports to the accounting. The socket is
// registered once, edge-triggered for both directions, so a request costs no epoll_ctl. A request costs one
// send, one recv, and its part of an epoll_wait: its octets are prepared, responses are parsed in place, and
// nothing is allocated.
//
// It has no net::Transport, which the server and the client library use. A Transport holds the octets of its
// own connection, in and out, because they may wait there. Here nothing waits: all clients of a thread read
// into the same two buffers, in plain text and through TLS, and prepared requests are sent or encrypted
// without a queue.
//
// The client has the socket and TLS; its requester has the protocol (requester.h).
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

// The loop's interface for its clients.
class ClientLoop {
 public:
  virtual ~ClientLoop() = default;

  // Reports the events of this socket to client.on_socket(), edge-triggered, until the socket is closed.
  // false: the kernel refuses to watch more.
  [[nodiscard]] virtual bool watch(int fd, Client& client) = 0;
  [[nodiscard]] virtual TimePoint clock() const = 0;
};

// Objects that the clients of one thread share; they outlive the clients.
struct Surroundings {
  const Options& options;
  ClientLoop& loop;
  Schedule& schedule;
  Accounting& accounting;
  TlsSessions& tls;
  Buffer wire = {};  // Both are empty between events.
  Buffer plain = {};
};

class Client {
 public:
  // `source`: the local address; may be nullptr. `held`: it sends nothing.
  Client(Surroundings& surroundings, Schedule::ClientId id, RequestPicker& picker,
         const net::SocketAddress* source, bool held);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void on_socket(std::uint32_t events) { on_event(events, surroundings_.loop.clock()); }  // Flags of epoll.
  void on_event(std::uint32_t events, TimePoint now);
  void on_turn(TimePoint now);     // Its time in the schedule has come: Schedule::later().
  void on_due(TimePoint now);      // Open loop: it has waited for a request, and one is due now.
  void check_time(TimePoint now);  // To be called regularly: ends waits that are too long.
  void abandon(TimePoint now);     // The run ends, whatever the client is doing.

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

  // 0, EAGAIN, or the error that prevents all further sending.
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
  // Its handshake counts as part of the opening, so the schedule bounds it: with --idle a server would
  // otherwise have to make thousands at once. Clients that send requests are bounded by their number.
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
  bool send_broken_ = false;  // Nothing more can be sent; the response may still arrive.
  bool wire_ended_ = false;   // By TLS's close_notify.
  std::uint32_t opens_ = 0;   // The number of connections so far.
  UniqueFd fd_;
  TimePoint since_;  // When opening or closing began.

  const std::unique_ptr<Requester> requester_;
  Buffer pending_;  // The beginning of an incomplete message.
  std::unique_ptr<tls::Session> tls_;
};

}  // namespace pollux::castor
